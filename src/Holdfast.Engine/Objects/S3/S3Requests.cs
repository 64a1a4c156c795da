using System.Buffers;
using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;

namespace Holdfast.Engine.Objects.S3;

/// <summary>The requests that more than one part of the store makes. Keys are those of the bucket.</summary>
internal static class S3Requests
{
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
                S3Verb.Put,
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
            S3Verb.Delete,
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
            S3Verb.Get,
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

    private const int MaxSmall = 64 * 1024;
}
