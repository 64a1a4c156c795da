using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>The packs that were in the store at one moment, with their lengths in bytes.</summary>
internal sealed class PackListing
{
    private readonly Dictionary<(PackKind Kind, Guid Pack), long> _lengths = [];

    private PackListing() { }

    public int Count => _lengths.Count;

    /// <summary>Lists <c>data/</c> and <c>map/</c>.</summary>
    public static async Task<PackListing> ReadAsync(IObjectStore store, CancellationToken cancel)
    {
        var listing = new PackListing();
        foreach (var (kind, prefix) in new[] { (PackKind.Data, ObjectNames.Data), (PackKind.Map, ObjectNames.Map) })
        {
            await foreach (var entry in store.ListAsync(prefix, cancel))
            {
                if (ObjectNames.IdOf(entry.Key, "N") is { } pack)
                    listing._lengths[(kind, pack)] = entry.Size;
            }
        }

        return listing;
    }

    /// <summary>Bytes that a pack adds to a hash.</summary>
    public const int EntrySize = 25;

    /// <summary>Adds all packs to a hash, in one order whatever the store's.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        foreach (var (key, length) in _lengths.OrderBy(pack => pack.Key))
        {
            key.Pack.TryWriteBytes(entry, bigEndian: true, out _);
            entry[16] = (byte)key.Kind;
            BinaryPrimitives.WriteInt64LittleEndian(entry[17..], length);
            hash.AppendData(entry);
        }
    }

    /// <summary>The pack's length, or null when it was not there.</summary>
    public long? Find(PackKind kind, Guid pack) => _lengths.TryGetValue((kind, pack), out var length) ? length : null;
}

/// <summary>What became of the packs that the index names, at one moment.</summary>
/// <param name="Absent">Numbers of packs that were not there, or not as long as the index says.</param>
/// <param name="End">Packs of this number and higher came later: nothing is known of them.</param>
/// <param name="HasLoose">Whether there were packs that no index object names: of a run that died or that is under way, or of an index
/// object that was lost.</param>
internal sealed record PacksSeen(IReadOnlySet<uint> Absent, uint End, bool HasLoose);
