using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Manifests;

/// <summary>The manifests that an era began with: of those that were made in earlier eras no others count. Spec:
/// docs/format/catalog-export.md, section 4.</summary>
internal sealed record Roll(long Era, IReadOnlySet<BackupId> Ids)
{
    private const int HeadSize = 24;
    private const int IdSize = 16;
    private const uint CurrentVersion = 1;
    private const string Prefix = ObjectNames.Catalog + "roll-";

    public bool Counts(Manifest manifest) => manifest.Era >= Era || Ids.Contains(manifest.Id);

    /// <summary>Puts the roll of an era, once.</summary>
    public async Task PutAsync(IObjectStore store, KeyRing keys, CancellationToken cancel)
    {
        var bytes = SealedObject.Seal(keys, SealedType.Catalog, ObjectNames.IdOfExport(Era, 0), Write());
        if (await store.PutIfAbsentAsync(KeyOf(Era), new ReadOnlySequence<byte>(bytes), cancel))
            return;

        if (!(await store.ReadWholeAsync(KeyOf(Era), cancel)).AsSpan().SequenceEqual(bytes))
            throw new HoldfastException(FailureKind.Busy, $"Somebody else has begun era {Era} of the repository in '{store.Name}'.");
    }

    /// <summary>The roll of the newest era that has one, up to a given era; null where there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public static async Task<Roll?> FindNewestAsync(IObjectStore store, KeyRing keys, long upTo, CancellationToken cancel)
    {
        var newest = 0L;
        await foreach (var entry in store.ListAsync(ObjectNames.Catalog, cancel))
        {
            var name = entry.Key.Value;
            if (
                name.StartsWith(Prefix, StringComparison.Ordinal)
                && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var era)
                && era <= upTo
            )
            {
                newest = Math.Max(newest, era);
            }
        }

        if (newest == 0)
            return null;

        var key = KeyOf(newest);
        var bytes = await store.ReadWholeAsync(key, cancel);
        return Read(SealedObject.Open(keys, SealedType.Catalog, ObjectNames.IdOfExport(newest, 0), bytes, key), newest, key);
    }

    internal byte[] Write()
    {
        var all = Ids.Select(id => id.Value.ToByteArray(bigEndian: true)).ToList();
        all.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        var plain = new byte[HeadSize + (IdSize * all.Count)];
        BinaryPrimitives.WriteUInt32LittleEndian(plain, CurrentVersion);
        BinaryPrimitives.WriteInt64LittleEndian(plain.AsSpan(8), Era);
        BinaryPrimitives.WriteInt64LittleEndian(plain.AsSpan(16), all.Count);
        for (var i = 0; i < all.Count; i++)
            all[i].CopyTo(plain, HeadSize + (IdSize * i));

        return plain;
    }

    internal static Roll Read(ReadOnlySpan<byte> plain, long era, ObjectKey key)
    {
        if (plain.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(plain) is var version and > CurrentVersion)
        {
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{key}' is a roll of version {version}; this version of Holdfast reads {CurrentVersion}. Use a newer one."
            );
        }

        var count = (plain.Length - HeadSize) / IdSize;
        if (
            plain.Length < HeadSize
            || BinaryPrimitives.ReadInt64LittleEndian(plain[8..]) != era
            || BinaryPrimitives.ReadInt64LittleEndian(plain[16..]) != count
            || plain.Length != HeadSize + (IdSize * count)
        )
        {
            throw new HoldfastException(FailureKind.Corrupted, $"Object '{key}' is sealed with our key but is no roll of era {era}.");
        }

        var ids = new HashSet<BackupId>(count);
        for (var i = 0; i < count; i++)
            ids.Add(new BackupId(new Guid(plain.Slice(HeadSize + (IdSize * i), IdSize), bigEndian: true)));

        return new Roll(era, ids);
    }

    private static ObjectKey KeyOf(long era) => new($"{Prefix}{era:0000000000}");
}
