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
    /// <summary>Pages of a listing that are put in order here, for servers that list by folders. Of longer listings the server's order is
    /// checked, and memory does not grow.</summary>
    private const int PagesHeld = 10;

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

        try
        {
            await s3.SendAsync(
                StoreVerb.Get,
                $"object '{key}' cannot be read",
                into.Length,
                (client, limited) => ReadRangeAsync(client, key, offset, into, limited),
                cancel
            );
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            throw await NotThereAsync(key, e, cancel);
        }
    }

    public async ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) =>
        await s3.SendAsync(
            StoreVerb.Head,
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
        var (held, pages, last) = (new List<ObjectEntry>(), 0, "");
        var isHeld = true;
        await foreach (var page in s3.ListPagesAsync(root + prefix, $"objects under '{prefix}' cannot be listed", retries, cancel))
        {
            if (isHeld && ++pages > PagesHeld)
            {
                isHeld = false;
                foreach (var entry in held.OrderBy(entry => entry.Key.Value, StringComparer.Ordinal))
                    yield return InOrder(entry, ref last);
            }

            // What is hidden, and what is not ours, is passed over.
            foreach (var (key, size) in page.Where(entry => ObjectKey.IsValid(entry.Key[root.Length..])))
            {
                var entry = new ObjectEntry(new ObjectKey(key[root.Length..]), size);
                if (isHeld)
                    held.Add(entry);
                else
                    yield return InOrder(entry, ref last);
            }
        }

        if (isHeld)
        {
            foreach (var entry in held.OrderBy(entry => entry.Key.Value, StringComparer.Ordinal))
                yield return InOrder(entry, ref last);
        }
    }

    public async ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) =>
        await s3.DeleteAsync(s3.KeyOf(key.Value), $"object '{key}' cannot be deleted", cancel);

    public ValueTask DisposeAsync()
    {
        _conditions.Dispose();
        s3.Dispose();
        return ValueTask.CompletedTask;
    }

    private ObjectEntry InOrder(ObjectEntry entry, ref string last)
    {
        if (string.CompareOrdinal(entry.Key.Value, last) <= 0)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{Name}' lists '{entry.Key}' after '{last}': it does not list in order, and what its listings leave out cannot be told. "
                    + $"Use another store."
            );
        }

        last = entry.Key.Value;
        return entry;
    }

    /// <summary>Some servers lose sight of an object for the moment in which it is replaced: what is not there is asked for once
    /// more.</summary>
    private async Task<HoldfastException> NotThereAsync(ObjectKey key, HoldfastException error, CancellationToken cancel) =>
        await FindSizeAsync(key, cancel) is null && await FindSizeAsync(key, cancel) is null
            ? error
            : new HoldfastException(
                FailureKind.Unavailable,
                $"In '{Name}' object '{key}' was not there for a moment, and is there again.",
                error
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
