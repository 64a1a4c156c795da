using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Exports;

/// <summary>The exports of a catalog that lie in its repository. What is in their parts is the catalog's affair. Spec:
/// docs/format/catalog-export.md, section 1.</summary>
public sealed class CatalogExports
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 7;

    /// <summary>Digits of an era and of a number.</summary>
    private const int Digits = 10;

    private readonly IObjectStore _store;
    private readonly KeyRing _keys;
    private readonly Guid _repository;
    private readonly long _era;
    private readonly Func<CancellationToken, Task> _throwIfGone;

    internal CatalogExports(IObjectStore store, KeyRing keys, Guid repository, long era, Func<CancellationToken, Task> throwIfGone) =>
        (_store, _keys, _repository, _era, _throwIfGone) = (store, keys, repository, era, throwIfGone);

    /// <summary>All that have a head, the newest first.</summary>
    public async Task<IReadOnlyList<CatalogExportName>> ListAsync(CancellationToken cancel) => (await ListStoredAsync(cancel)).Heads;

    /// <summary>The head of an export.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.Corrupted"/>,
    /// <see cref="FailureKind.UnsupportedVersion"/>, naming the object.</exception>
    public async Task<CatalogExportHead> ReadHeadAsync(CatalogExportName name, CancellationToken cancel)
    {
        var key = KeyOf(name);
        var bytes = await _store.ReadWholeAsync(key, cancel);
        var head = CatalogExportHead.Read(
            SealedObject.Open(_keys, SealedType.Catalog, ObjectNames.IdOfExport(name.Era, name.Number), bytes, key),
            key
        );
        return head.Name == name && head.Repository == _repository.ToString("N")
            ? head
            : throw new HoldfastException(FailureKind.Corrupted, $"Object '{key}' holds the head of export {head.Name}.");
    }

    /// <summary>An export whose every part is there and is what was written.</summary>
    /// <exception cref="HoldfastException">As <see cref="ReadHeadAsync"/>.</exception>
    public async Task<CatalogExport> ReadAsync(CatalogExportName name, CancellationToken cancel)
    {
        var head = await ReadHeadAsync(name, cancel);
        var parts = new List<byte[]>(head.Parts.Count);
        foreach (var part in head.Parts)
        {
            var key = KeyOf(name, part.Id);
            var bytes = await _store.ReadWholeAsync(key, cancel);
            if (bytes.Length != part.Bytes || Hash(bytes) != part.Sha256)
            {
                throw new HoldfastException(
                    FailureKind.Corrupted,
                    $"Object '{key}' is damaged: its hash is not what its export says. Put back a copy of it if there is one."
                );
            }

            parts.Add(bytes);
        }

        var export = new CatalogExport(head, parts, _keys);
        foreach (var (plain, part) in export.Parts.Zip(head.Parts))
        {
            if (plain.Length != part.PlainBytes)
                throw new HoldfastException(FailureKind.Corrupted, $"Object '{KeyOf(name, part.Id)}' is not as long as its export says.");
        }

        return export;
    }

    /// <summary>Seals a part, which <see cref="PutAsync"/> will store.</summary>
    /// <param name="plain">At most 256 MiB.</param>
    public SealedExportPart Seal(ReadOnlySpan<byte> plain)
    {
        var id = new Guid(RandomNumberGenerator.GetBytes(16));
        var bytes = SealedObject.Seal(_keys, SealedType.Catalog, id, plain);
        return new SealedExportPart(new CatalogExportPart(id.ToString("N"), Hash(bytes), bytes.Length, plain.Length), bytes);
    }

    /// <summary>Stores an export of this era: it exists when this returns. Then removes what is no longer kept.</summary>
    /// <param name="draft">Its number is above those of its era that are there. Its parts and whose it is are set here.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when another one was put meanwhile under the same number; what
    /// the store throws, and <see cref="Repository.ThrowIfGoneAsync"/>.</exception>
    public async Task<CatalogExportHead> PutAsync(CatalogExportHead draft, IReadOnlyList<SealedExportPart> parts, CancellationToken cancel)
    {
        await _throwIfGone(cancel);
        var head = draft with
        {
            Repository = _repository.ToString("N"),
            Era = _era,
            Parts = [.. parts.Select(part => part.Part)],
        };
        foreach (var part in parts)
            await _store.PutIfAbsentAsync(KeyOf(head.Name, part.Part.Id), new ReadOnlySequence<byte>(part.Bytes), cancel);

        await PutHeadAsync(head, cancel);

        // What was put into another's repository is no export.
        await _throwIfGone(cancel);
        await TidyAsync(cancel);
        return head;
    }

    /// <summary>Removes all but the newest exports, and parts that are no export's.</summary>
    internal async Task TidyAsync(CancellationToken cancel)
    {
        var (heads, parts) = await ListStoredAsync(cancel);
        if (heads.Count == 0)
            return;

        // A head that is gone names no part: so it goes first, and a part that is named is never missing.
        foreach (var old in heads.Skip(Kept))
            await _store.DeleteAsync(KeyOf(old), cancel);

        var kept = new Dictionary<CatalogExportName, HashSet<string>?>();
        foreach (var name in heads.Take(Kept))
            kept[name] = await TryReadPartsAsync(name, cancel);

        foreach (var (key, name, id) in parts)
        {
            var isKept = kept.TryGetValue(name, out var named) ? named is null || named.Contains(id) : name > heads[0];
            if (!isKept)
                await _store.DeleteAsync(key, cancel);
        }
    }

    internal static ObjectKey KeyOf(CatalogExportName name) => new($"{ObjectNames.Catalog}{name}");

    internal static ObjectKey KeyOf(CatalogExportName name, string part) => new($"{ObjectNames.Catalog}{name}-{part}");

    /// <summary>Whether an object below <c>catalog/</c> is what was written there, as far as it says so itself.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming it.</exception>
    internal static void ThrowIfDamaged(KeyRing keys, ObjectKey key, ReadOnlySpan<byte> bytes)
    {
        var id = IdIn(key) ?? throw new HoldfastException(FailureKind.Corrupted, $"Object '{key}' has a name that no export or roll has.");
        _ = SealedObject.Open(keys, SealedType.Catalog, id, bytes, key);
    }

    /// <summary>The id in the envelope of an object below <c>catalog/</c>, by its name; null for a name that is none of ours.</summary>
    internal static Guid? IdIn(ObjectKey key) =>
        key.Value[ObjectNames.Catalog.Length..].Split('-') switch
        {
            ["roll", var era] when Parse(era) is { } of => ObjectNames.IdOfExport(of, 0),
            [var era, var number] when Parse(era) is { } of && Parse(number) is { } its => ObjectNames.IdOfExport(of, its),
            [_, _, var part] when Guid.TryParseExact(part, "N", out var its) => its,
            _ => null,
        };

    /// <summary>Whether an object below <c>catalog/</c> is a part of an export, which is put before its head.</summary>
    internal static bool IsPart(ObjectKey key) => key.Value.Count(c => c == '-') == 2;

    private async Task PutHeadAsync(CatalogExportHead head, CancellationToken cancel)
    {
        var key = KeyOf(head.Name);
        var bytes = SealedObject.Seal(_keys, SealedType.Catalog, ObjectNames.IdOfExport(head.Era, head.Number), head.Write());
        if (await _store.PutIfAbsentAsync(key, new ReadOnlySequence<byte>(bytes), cancel))
            return;

        // A store that retries may have put it in an attempt whose answer was lost: the nonce makes our bytes ours.
        if (!(await _store.ReadWholeAsync(key, cancel)).AsSpan().SequenceEqual(bytes))
            throw new HoldfastException(FailureKind.Busy, $"Another export of the catalog was stored at the same time, as '{key}'.");
    }

    /// <summary>Null where the head cannot be read: then all of its parts may be its.</summary>
    private async Task<HashSet<string>?> TryReadPartsAsync(CatalogExportName name, CancellationToken cancel)
    {
        try
        {
            return [.. (await ReadHeadAsync(name, cancel)).Parts.Select(part => part.Id)];
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion or FailureKind.NotFound)
        {
            return null;
        }
    }

    private async Task<(List<CatalogExportName> Heads, List<(ObjectKey Key, CatalogExportName Name, string Id)> Parts)> ListStoredAsync(
        CancellationToken cancel
    )
    {
        var heads = new List<CatalogExportName>();
        var parts = new List<(ObjectKey, CatalogExportName, string)>();
        await foreach (var entry in _store.ListAsync(ObjectNames.Catalog, cancel))
        {
            var words = entry.Key.Value[ObjectNames.Catalog.Length..].Split('-');
            if (words.Length < 2 || Parse(words[0]) is not { } era || Parse(words[1]) is not { } number)
                continue;

            if (words.Length == 2)
                heads.Add(new CatalogExportName(era, number));
            else if (words.Length == 3 && Guid.TryParseExact(words[2], "N", out _))
                parts.Add((entry.Key, new CatalogExportName(era, number), words[2]));
        }

        heads.Sort((a, b) => b.CompareTo(a));
        return (heads, parts);
    }

    private static long? Parse(string word) =>
        word.Length == Digits && long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
