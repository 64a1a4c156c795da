using System.Buffers;
using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>Puts large objects in parts, several at once, each of which can be tried again by itself. What was begun and not ended is given
/// up, and is nothing that a reader sees.</summary>
internal sealed class S3Parts(S3Connection s3, Retries retries)
{
    /// <summary>Objects of twice as many bytes and more are put in parts of at least this many and less than twice as many. A begin, an
    /// end and the parts are then no more requests than one for each 16 MiB, and a pack of the usual size goes in one.</summary>
    public const int PartSize = 32 * 1024 * 1024;

    private const int AtOnce = 4;

    /// <summary>Protocol: no put has more parts.</summary>
    private const int MostParts = 10_000;

    private static readonly TimeSpan GiveUpLimit = TimeSpan.FromSeconds(10);

    public static bool IsFor(in ReadOnlySequence<byte> content) => content.Length >= 2L * PartSize;

    /// <summary>False where the key is taken, and the server looks.</summary>
    public async Task<bool> PutAsync(ObjectKey key, ReadOnlySequence<byte> content, bool conditional, CancellationToken cancel)
    {
        var parts = (int)Math.Min(content.Length / PartSize, MostParts);
        var size = (content.Length + parts - 1) / parts;
        var upload = await BeginAsync(key, cancel);
        try
        {
            var done = await PutPartsAsync(key, upload, content, parts, size, cancel);
            if (await EndAsync(key, upload, done, conditional, cancel))
                return true;
        }
        catch
        {
            await GiveUpAsync(key, upload);
            throw;
        }

        await GiveUpAsync(key, upload);
        return false;
    }

    private async ValueTask<string> BeginAsync(ObjectKey key, CancellationToken cancel) =>
        await s3.SendAsync(
            StoreVerb.Other,
            $"a put of object '{key}' cannot be begun",
            bytes: 0,
            async (client, limited) =>
                (
                    await client.InitiateMultipartUploadAsync(
                        new InitiateMultipartUploadRequest
                        {
                            BucketName = s3.Address.Bucket,
                            Key = s3.KeyOf(key.Value),
                            ContentType = "application/octet-stream",
                        },
                        limited
                    )
                ).UploadId,
            cancel
        );

    /// <summary>Returns or throws when all parts have come to their end: the content is the caller's again.</summary>
    private async Task<List<PartETag>> PutPartsAsync(
        ObjectKey key,
        string upload,
        ReadOnlySequence<byte> content,
        int parts,
        long size,
        CancellationToken cancel
    )
    {
        var tags = new PartETag[parts];
        await Parallel.ForAsync(
            0,
            parts,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (index, stop) =>
            {
                var from = index * size;
                var part = content.Slice(from, Math.Min(size, content.Length - from));
                tags[index] = await retries.RunAsync(_ => PutPartAsync(key, upload, index + 1, part, stop), stop);
            }
        );
        return [.. tags];
    }

    private async ValueTask<PartETag> PutPartAsync(
        ObjectKey key,
        string upload,
        int number,
        ReadOnlySequence<byte> content,
        CancellationToken cancel
    )
    {
        var stream = new SequenceStream(content);
        try
        {
            return await s3.SendAsync(
                StoreVerb.Put,
                $"part {number} of object '{key}' cannot be put",
                content.Length,
                async (client, limited) =>
                {
                    var request = new UploadPartRequest
                    {
                        BucketName = s3.Address.Bucket,
                        Key = s3.KeyOf(key.Value),
                        UploadId = upload,
                        PartNumber = number,
                        PartSize = content.Length,
                        InputStream = stream,
                        UseChunkEncoding = false,
                    };
                    return new PartETag(number, (await client.UploadPartAsync(request, limited)).ETag);
                },
                cancel
            );
        }
        finally
        {
            stream.Stop();
        }
    }

    private Task<bool> EndAsync(ObjectKey key, string upload, List<PartETag> parts, bool conditional, CancellationToken cancel) =>
        s3.SendAsync(
            StoreVerb.Other,
            $"the put of object '{key}' cannot be ended",
            bytes: 0,
            async (client, limited) =>
            {
                try
                {
                    var request = new CompleteMultipartUploadRequest
                    {
                        BucketName = s3.Address.Bucket,
                        Key = s3.KeyOf(key.Value),
                        UploadId = upload,
                        PartETags = parts,
                        IfNoneMatch = conditional ? "*" : null,
                    };
                    await client.CompleteMultipartUploadAsync(request, limited);
                    return true;
                }
                catch (AmazonServiceException e) when (conditional && e.StatusCode == HttpStatusCode.PreconditionFailed)
                {
                    return false;
                }
            },
            cancel
        );

    /// <summary>Frees what the parts take. Where that does not succeed, the bucket's own rule for puts that were not ended does it
    /// later.</summary>
    private async Task GiveUpAsync(ObjectKey key, string upload)
    {
        using var limit = new CancellationTokenSource(GiveUpLimit);
        try
        {
            await s3.SendAsync(
                StoreVerb.Other,
                $"the put of object '{key}' cannot be given up",
                bytes: 0,
                (client, limited) =>
                    client.AbortMultipartUploadAsync(
                        new AbortMultipartUploadRequest
                        {
                            BucketName = s3.Address.Bucket,
                            Key = s3.KeyOf(key.Value),
                            UploadId = upload,
                        },
                        limited
                    ),
                limit.Token
            );
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException)
        {
            // The put's own failure is what its caller is told.
        }
    }
}
