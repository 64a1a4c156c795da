using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3.Model;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>The requests that more than one part of the store makes. Keys are those of the bucket.</summary>
internal static class S3Requests
{
    private const int MaxSmall = 64 * 1024;

    /// <summary>Puts a whole object in one request. False where it was refused because the key is taken.</summary>
    public static async Task<bool> PutAsync(
        this S3Connection s3,
        string key,
        ReadOnlySequence<byte> content,
        bool conditional,
        string what,
        CancellationToken cancel
    )
    {
        var stream = new SequenceStream(content);
        try
        {
            return await s3.SendAsync(
                StoreVerb.Put,
                what,
                content.Length,
                async (client, limited) =>
                {
                    try
                    {
                        var request = new PutObjectRequest
                        {
                            BucketName = s3.Address.Bucket,
                            Key = key,
                            InputStream = stream,
                            AutoCloseStream = false,
                            UseChunkEncoding = false,
                            ContentType = "application/octet-stream",
                            IfNoneMatch = conditional ? "*" : null,
                        };
                        await client.PutObjectAsync(request, limited);
                        return true;
                    }
                    catch (AmazonServiceException e) when (conditional && e.StatusCode == HttpStatusCode.PreconditionFailed)
                    {
                        return false;
                    }
                },
                cancel
            );
        }
        finally
        {
            // The content is the caller's again.
            stream.Stop();
        }
    }

    public static Task DeleteAsync(this S3Connection s3, string key, string what, CancellationToken cancel) =>
        s3.SendAsync(
            StoreVerb.Delete,
            what,
            bytes: 0,
            async (client, limited) =>
            {
                try
                {
                    await client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = s3.Address.Bucket, Key = key }, limited);
                }
                catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
                {
                    // Amazon's answers success, some others' this.
                }

                return true;
            },
            cancel
        );

    /// <summary>Reads a small object whole; null where there is none.</summary>
    public static Task<byte[]?> FindSmallAsync(this S3Connection s3, string key, string what, CancellationToken cancel) =>
        s3.SendAsync(
            StoreVerb.Get,
            what,
            bytes: 0,
            async (client, limited) =>
            {
                try
                {
                    using var response = await client.GetObjectAsync(
                        new GetObjectRequest { BucketName = s3.Address.Bucket, Key = key },
                        limited
                    );
                    if (response.ContentLength is < 0 or > MaxSmall)
                        return null;

                    var bytes = new byte[response.ContentLength];
                    await response.ResponseStream.ReadExactlyAsync(bytes, limited);
                    return (byte[]?)bytes;
                }
                catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
                {
                    return null;
                }
            },
            cancel
        );

    /// <summary>Lists what begins with a prefix, page by page. Pages are asked for by the last key of the one before, which every server
    /// understands alike, and each is tried again by itself.</summary>
    public static async IAsyncEnumerable<List<(string Key, long Size)>> ListPagesAsync(
        this S3Connection s3,
        string prefix,
        string what,
        Retries retries,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        string? last = null;
        bool more;
        do
        {
            var after = last;
            var page = await retries.RunAsync(_ => ListPageAsync(s3, prefix, after, what, cancel), cancel);
            var entries = (page.S3Objects ?? []).Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            last = entries.Select(entry => entry.Key).Order(StringComparer.Ordinal).LastOrDefault();
            more = page.IsTruncated == true;
            if (more && (last is null || string.CompareOrdinal(last, after) <= 0))
            {
                throw new HoldfastException(
                    FailureKind.Refused,
                    $"'{s3.Name}' breaks a listing off and does not go on: it cannot be listed. Use another store."
                );
            }

            yield return [.. entries.Select(entry => (entry.Key, entry.Size ?? 0))];
        } while (more);
    }

    private static async ValueTask<ListObjectsV2Response> ListPageAsync(
        S3Connection s3,
        string prefix,
        string? after,
        string what,
        CancellationToken cancel
    ) =>
        await s3.SendAsync(
            StoreVerb.List,
            what,
            bytes: 0,
            (client, limited) =>
                client.ListObjectsV2Async(
                    new ListObjectsV2Request
                    {
                        BucketName = s3.Address.Bucket,
                        Prefix = prefix,
                        StartAfter = after,
                        MaxKeys = s3.PageSize,
                    },
                    limited
                ),
            cancel
        );
}
