using System.Buffers;
using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Manifests;

/// <summary>The manifests that an era began with: of those that were made in earlier eras no others count. Spec:
/// docs/format/catalog-export.md, section 4.</summary>
internal static class Roll
{
    private const int HeadSize = 24;
    private const int IdSize = 16;
    private const uint CurrentVersion = 1;

    public static ObjectKey KeyOf(long era) => new($"{ObjectNames.Catalog}roll-{era:0000000000}");

    /// <summary>Puts the roll of an era, once.</summary>
    public static async Task PutAsync(IObjectStore store, KeyRing keys, long era, IEnumerable<BackupId> ids, CancellationToken cancel)
    {
        var bytes = SealedObject.Seal(keys, SealedType.Catalog, IdOf(era), Write(era, ids));
        if (await store.PutIfAbsentAsync(KeyOf(era), new ReadOnlySequence<byte>(bytes), cancel))
            return;

        if (!(await store.ReadWholeAsync(KeyOf(era), cancel)).AsSpan().SequenceEqual(bytes))
            throw new HoldfastException(FailureKind.Busy, $"Somebody else has begun era {era} of the repository in '{store.Name}'.");
    }

    /// <summary>The roll of an era, or null where there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public static async Task<HashSet<BackupId>?> FindAsync(IObjectStore store, KeyRing keys, long era, CancellationToken cancel)
    {
        var key = KeyOf(era);
        try
        {
            return Read(SealedObject.Open(keys, SealedType.Catalog, IdOf(era), await store.ReadWholeAsync(key, cancel), key), era, key);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }
    }

    internal static byte[] Write(long era, IEnumerable<BackupId> ids)
    {
        var all = ids.Select(id => id.Value.ToByteArray(bigEndian: true)).ToList();
        all.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        var plain = new byte[HeadSize + (IdSize * all.Count)];
        BinaryPrimitives.WriteUInt32LittleEndian(plain, CurrentVersion);
        BinaryPrimitives.WriteInt64LittleEndian(plain.AsSpan(8), era);
        BinaryPrimitives.WriteInt64LittleEndian(plain.AsSpan(16), all.Count);
        for (var i = 0; i < all.Count; i++)
            all[i].CopyTo(plain, HeadSize + (IdSize * i));

        return plain;
    }

    internal static HashSet<BackupId> Read(ReadOnlySpan<byte> plain, long era, ObjectKey key)
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

        return ids;
    }

    private static Guid IdOf(long era)
    {
        Span<byte> id = stackalloc byte[IdSize];
        id.Clear();
        BinaryPrimitives.WriteInt64BigEndian(id, era);
        return new Guid(id, bigEndian: true);
    }
}
