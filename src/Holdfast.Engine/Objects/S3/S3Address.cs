using System.Buffers;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>How a bucket is named in a request: in the path of its URL, or in the name of the host.</summary>
public enum BucketStyle
{
    Path,
    Virtual,
}

/// <summary>
/// A place in a bucket: <c>s3://BUCKET/PREFIX?endpoint=URL&amp;region=NAME&amp;style=path|virtual</c>. Without an endpoint it is Amazon's
/// own. Holds no credentials, and refuses them without repeating them.
/// </summary>
/// <param name="Bucket">Name of the bucket.</param>
/// <param name="Prefix">What the names of all objects begin with, without a slash at its end; empty for the whole bucket.</param>
/// <param name="Endpoint">Where the server answers; null for Amazon's.</param>
/// <param name="Region">Name of the region, or null for the standard one.</param>
/// <param name="Style">How the bucket is named in requests.</param>
public sealed record S3Address(string Bucket, string Prefix, Uri? Endpoint, string? Region, BucketStyle Style)
{
    private const string Form = "s3://BUCKET/PREFIX?endpoint=URL&region=NAME&style=path|virtual";
    private const int MaxPrefix = 512;

    private static readonly SearchValues<char> Letters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
    );

    private BucketStyle StandardStyle => Endpoint is null ? BucketStyle.Virtual : BucketStyle.Path;

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/>, naming the part that is wrong.</exception>
    public static S3Address Parse(string text)
    {
        if (!text.StartsWith("s3://", StringComparison.OrdinalIgnoreCase))
            throw Refused($"An address of an object store is {Form}.");

        var (place, query) = Cut(text["s3://".Length..], '?');
        if (place.Contains('@', StringComparison.Ordinal))
            throw HoldsCredentials();

        var (bucket, prefix) = Cut(place, '/');
        if (!IsBucket(bucket))
            throw Refused($"'{bucket}' is no name of a bucket: 3 to 63 letters, digits, '.', '-' and '_'. The form is {Form}.");

        prefix = prefix.TrimEnd('/');
        if (prefix.Length > 0 && !IsPrefix(prefix))
        {
            throw Refused(
                $"'{prefix}' is no prefix for a repository: segments of letters, digits, '.', '-' and '_', joined by '/', "
                    + $"{MaxPrefix} characters at most, none of them '.' or '..'."
            );
        }

        var (endpoint, region, style) = ReadQuery(query);
        return new S3Address(bucket, prefix, endpoint, region, style ?? (endpoint is null ? BucketStyle.Virtual : BucketStyle.Path));
    }

    /// <summary>The canonical text, by which it can be given again.</summary>
    public override string ToString()
    {
        var query = new List<string>();
        if (Endpoint is not null)
            query.Add($"endpoint={Endpoint.AbsoluteUri.TrimEnd('/')}");

        if (Region is not null)
            query.Add($"region={Region}");

        if (Style != StandardStyle)
            query.Add($"style={(Style == BucketStyle.Path ? "path" : "virtual")}");

        return $"s3://{Bucket}{(Prefix.Length > 0 ? "/" + Prefix : "")}{(query.Count > 0 ? "?" + string.Join('&', query) : "")}";
    }

    private static (Uri? Endpoint, string? Region, BucketStyle? Style) ReadQuery(string query)
    {
        Uri? endpoint = null;
        string? region = null;
        BucketStyle? style = null;
        var seen = new HashSet<string>();
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, encoded) = Cut(part, '=');
            var value = Uri.UnescapeDataString(encoded);
            if (!seen.Add(name))
                throw Refused($"'{name}' is given twice in the address of the object store.");

            switch (name)
            {
                case "endpoint":
                    endpoint = ReadEndpoint(value);
                    break;
                case "region":
                    region = IsRegion(value) ? value : throw Refused($"region is '{value}'; it is a name like eu-central-1.");
                    break;
                case "style":
                    style = value switch
                    {
                        "path" => BucketStyle.Path,
                        "virtual" => BucketStyle.Virtual,
                        _ => throw Refused($"style is '{value}'; it is path or virtual."),
                    };
                    break;
                default:
                    // The value is not repeated: it may be a secret.
                    throw Refused(
                        $"The address of an object store has no part '{name}': it is {Form}. Credentials are given in the environment "
                            + $"(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in the settings of a service."
                    );
            }
        }

        return (endpoint, region, style);
    }

    private static Uri ReadEndpoint(string value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            // Not repeated either where it may hold a password.
            throw value.Contains('@', StringComparison.Ordinal)
                ? HoldsCredentials()
                : Refused($"endpoint is '{value}'; it is a URL like https://s3.example.com or http://127.0.0.1:9000.");
        }

        return url.UserInfo.Length > 0 ? throw HoldsCredentials()
            : url is { Query: "", Fragment: "", AbsolutePath: "/" } ? url
            : throw Refused($"endpoint is '{url.GetLeftPart(UriPartial.Path)}' and more; it is scheme, host and port only.");
    }

    private static bool IsBucket(string name) =>
        name.Length is >= 3 and <= 63 && name.AsSpan().IndexOfAnyExcept(Letters) < 0 && char.IsAsciiLetterOrDigit(name[0]);

    private static bool IsPrefix(string prefix) =>
        prefix.Length <= MaxPrefix
        && prefix.Split('/').All(segment => segment is not ("" or "." or "..") && segment.AsSpan().IndexOfAnyExcept(Letters) < 0);

    private static bool IsRegion(string name) =>
        name.Length is >= 1 and <= 64 && name.AsSpan().IndexOfAnyExcept(Letters) < 0 && char.IsAsciiLetter(name[0]);

    private static (string Before, string After) Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is var index and >= 0 ? (text[..index], text[(index + 1)..]) : (text, "");

    private static HoldfastException HoldsCredentials() =>
        Refused(
            "The address of an object store holds no credentials. Take out what stands before '@' and give them in the environment "
                + "(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in the settings of a service."
        );

    private static HoldfastException Refused(string message) => new(FailureKind.Refused, message);
}
