using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.S3;

namespace Holdfast.Engine.Tests.Objects;

public sealed class RepositoryAddressTests
{
    [Theory]
    [InlineData("/srv/backups", "/srv/backups")]
    [InlineData("backups", "/here/backups")]
    [InlineData("./a:b", "/here/./a:b")]
    [InlineData("/srv/a:b", "/srv/a:b")]
    [InlineData("file:///srv/back%20ups", "/srv/back ups")]
    [InlineData("file:/srv/x", "/srv/x")]
    [InlineData("file://localhost/srv/x", "/srv/x")]
    [InlineData("FILE:///srv/x", "/srv/x")]
    public void A_path_or_a_URL_of_a_file_is_a_folder(string text, string folder) =>
        Assert.Equal(new RepositoryAddress.Folder(folder), Parse(text));

    [Theory]
    [InlineData("sftp://host/path", "'sftp:'")]
    [InlineData("rest:http://host/", "'rest:'")]
    [InlineData("S3+http://host/", "'s3+http:'")]
    [InlineData("c:folder", "'c:'")]
    [InlineData("s3:bucket", "s3://BUCKET")]
    [InlineData("s3:/bucket/prefix", "s3://BUCKET")]
    [InlineData("file://host/x", "file:///absolute/path")]
    [InlineData("file:x", "file:///absolute/path")]
    [InlineData("", "empty")]
    [InlineData("s3://", "''")]
    [InlineData("s3://ab/x", "'ab'")]
    [InlineData("s3://bucket/a//b", "'a//b'")]
    [InlineData("s3://bucket/../b", "'../b'")]
    [InlineData("s3://bucket/a b", "'a b'")]
    [InlineData("s3://bucket/a?style=dns", "'dns'")]
    [InlineData("s3://bucket/a?region=a/b", "'a/b'")]
    [InlineData("s3://bucket/a?endpoint=minio:9000", "'minio:9000'")]
    [InlineData("s3://bucket/a?endpoint=http://host/path", "http://host/path")]
    [InlineData("s3://bucket/a?region=a&region=b", "twice")]
    [InlineData("s3://bucket/a?secret_key=hunter2", "'secret_key'")]
    public void What_is_no_address_is_refused_by_what_is_wrong_with_it(string text, string named)
    {
        var e = Assert.Throws<HoldfastException>(() => Parse(text));

        Assert.Equal(FailureKind.Refused, e.Kind);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://AKIA:hunter2@bucket/prefix")]
    [InlineData("s3://bucket/prefix?endpoint=https://AKIA:hunter2@host")]
    [InlineData("s3://bucket/prefix?endpoint=AKIA:hunter2@host")]
    [InlineData("s3://bucket/prefix?secret_key=hunter2")]
    public void Credentials_in_an_address_are_refused_and_not_repeated(string text)
    {
        var e = Assert.Throws<HoldfastException>(() => Parse(text));

        Assert.DoesNotContain("hunter2", e.Message, StringComparison.Ordinal);
        Assert.Contains("AWS_SECRET_ACCESS_KEY", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://bucket", "s3://bucket", BucketStyle.Virtual)]
    [InlineData("S3://bucket/a/b/", "s3://bucket/a/b", BucketStyle.Virtual)]
    [InlineData("s3://bucket/a?region=eu-central-1&style=path", "s3://bucket/a?region=eu-central-1&style=path", BucketStyle.Path)]
    [InlineData("s3://bucket/a?endpoint=http%3A%2F%2F127.0.0.1%3A9000/", "s3://bucket/a?endpoint=http://127.0.0.1:9000", BucketStyle.Path)]
    [InlineData(
        "s3://bucket/a?style=virtual&endpoint=https://s3.example.com&region=RegionOne",
        "s3://bucket/a?endpoint=https://s3.example.com&region=RegionOne&style=virtual",
        BucketStyle.Virtual
    )]
    public void An_address_of_a_bucket_has_one_canonical_text(string text, string canonical, BucketStyle style)
    {
        var bucket = Assert.IsType<RepositoryAddress.Bucket>(Parse(text));

        Assert.Equal(canonical, bucket.ToString());
        Assert.Equal(style, bucket.Address.Style);
        Assert.Equal(bucket, Parse(canonical));
    }

    private static RepositoryAddress Parse(string text) =>
        RepositoryAddress.Parse(text, path => path.StartsWith('/') ? path : "/here/" + path);
}
