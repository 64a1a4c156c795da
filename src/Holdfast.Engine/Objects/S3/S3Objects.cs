using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>
/// Objects of a bucket, each call one attempt. Pages of listings and parts of large objects are tried again by themselves: beginning the
/// whole anew would seldom come to an end where requests fail now and then.
/// </summary>
internal sealed class S3Objects(S3Connection s3, Retries retries) : IObjectStore
{
    private readonly S3Conditions _conditions = new(s3);
    private readonly S3Parts _parts = new(s3, retries);

    public string Name => s3.Name;

    public S3Conditions Conditions => _conditions;

    public async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        // Where a condition is not kept, and on the many servers that keep it for small objects only, it is looked first. That is no help
        // against another who puts at the same moment; see docs/stores.md for what that means.
        var conditional = await _conditions.AreKeptAsync(cancel);
        if ((!conditional || S3Parts.IsFor(content)) && await FindSizeAsync(key, cancel) is not null)
            return false;

        return S3Parts.IsFor(content)
            ? await _parts.PutAsync(key, content, conditional, cancel)
            : await s3.PutAsync(s3.KeyOf(key.Value), content, conditional, $"object '{key}' cannot be put", cancel);
    }

    public async ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        if (S3Parts.IsFor(content))
            await _parts.PutAsync(key, content, conditional: false, cancel);
        else
            await s3.PutAsync(s3.KeyOf(key.Value), content, conditional: false, $"object '{key}' cannot be put", cancel);
    }

    public async ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (into.IsEmpty)
        {
            // No range is that short.
            if (await FindSizeAsync(key, cancel) is not { } size)
                throw new HoldfastException(FailureKind.NotFound, $"There is no object '{key}' in '{Name}'.");

            if (offset > size)
                throw EndsEarly(key, offset, into.Length);

            return;
        }

        await s3.SendAsync(
            S3Verb.Get,
            $"object '{key}' cannot be read",
            into.Length,
            (client, limited) => ReadRangeAsync(client, key, offset, into, limited),
            cancel
        );
    }

    public async ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) =>
        await s3.SendAsync(
            S3Verb.Head,
            $"object '{key}' cannot be looked for",
            bytes: 0,
            async (client, limited) =>
            {
                try
                {
                    var request = new GetObjectMetadataRequest { BucketName = s3.Address.Bucket, Key = s3.KeyOf(key.Value) };
                    return (await client.GetObjectMetadataAsync(request, limited)).ContentLength;
                }
                catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
                {
                    return (long?)null;
                }
            },
            cancel
        );

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (prefix.Length > 0 && (!prefix.EndsWith('/') || !ObjectKey.IsValid(prefix[..^1])))
            throw new ArgumentException($"'{prefix}' is not a whole number of segments ending in '/'.", nameof(prefix));

        var root = s3.KeyOf("");
        var last = "";
        string? next = null;
        do
        {
            var page = await retries.RunAsync(_ => ListPageAsync(root + prefix, next, cancel), cancel);
            foreach (var entry in page.S3Objects ?? [])
            {
                // What is not ours, and what is hidden, is passed over.
                if (!entry.Key.StartsWith(root + prefix, StringComparison.Ordinal) || !ObjectKey.IsValid(entry.Key[root.Length..]))
                    continue;

                if (string.CompareOrdinal(entry.Key, last) <= 0)
                {
                    throw new HoldfastException(
                        FailureKind.Refused,
                        $"'{Name}' lists '{entry.Key}' after '{last}': it does not list in order, and what listings of it leave out "
                            + $"cannot be told. Use another store."
                    );
                }

                last = entry.Key;
                yield return new ObjectEntry(new ObjectKey(entry.Key[root.Length..]), entry.Size ?? 0);
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
            if (next is null && page.IsTruncated == true)
                throw new HoldfastException(FailureKind.Refused, $"'{Name}' breaks a listing off and does not say how to go on.");
        } while (next is not null);
    }

    public async ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) =>
        await s3.DeleteAsync(s3.KeyOf(key.Value), $"object '{key}' cannot be deleted", cancel);

    public ValueTask DisposeAsync()
    {
        _conditions.Dispose();
        s3.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<ListObjectsV2Response> ListPageAsync(string prefix, string? next, CancellationToken cancel) =>
        await s3.SendAsync(
            S3Verb.List,
            $"objects under '{prefix}' cannot be listed",
            bytes: 0,
            (client, limited) =>
                client.ListObjectsV2Async(
                    new ListObjectsV2Request
                    {
                        BucketName = s3.Address.Bucket,
                        Prefix = prefix,
                        ContinuationToken = next,
                    },
                    limited
                ),
            cancel
        );

    private async Task<bool> ReadRangeAsync(
        AmazonS3Client client,
        ObjectKey key,
        long offset,
        Memory<byte> into,
        CancellationToken cancel
    )
    {
        var request = new GetObjectRequest
        {
            BucketName = s3.Address.Bucket,
            Key = s3.KeyOf(key.Value),
            ByteRange = new ByteRange(offset, offset + into.Length - 1),
        };
        using var response = await client.GetObjectAsync(request, cancel);

        // A server that does not know ranges answers with the whole, which is as good where the range is its beginning.
        var from = response.ContentRange is { Length: > 0 } range ? FirstOf(range) : 0;
        if (from != offset)
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"'{Name}' was asked for object '{key}' from byte {offset} and answered from byte {from}."
            );
        }

        if (response.ContentLength < into.Length)
            throw EndsEarly(key, offset, into.Length);

        await response.ResponseStream.ReadExactlyAsync(into, cancel);
        return true;
    }

    /// <summary>The first byte of <c>bytes 0-9/10</c>; -1 where it says nothing of the kind.</summary>
    private static long FirstOf(string range)
    {
        var text = range.AsSpan();
        return text.StartsWith("bytes ") && text.IndexOf('-') is var dash and > 6 && long.TryParse(text[6..dash], out var first)
            ? first
            : -1;
    }

    private HoldfastException EndsEarly(ObjectKey key, long offset, int length) =>
        new(
            FailureKind.Corrupted,
            $"Object '{key}' in '{Name}' ends before byte {offset + length}; bytes {offset} to {offset + length} were expected."
        );
}
