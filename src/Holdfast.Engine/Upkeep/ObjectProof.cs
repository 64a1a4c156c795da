using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>Whether the bytes of an object are what was written, by what the object itself says and nothing else. One thread at a
/// time.</summary>
internal sealed class ObjectProof(RepositoryContext context) : IDisposable
{
    private readonly PackReader _packs = new(context.Store, context.Keys, context.Id);
    private readonly FrameReader _frames = new(context.Keys);

    /// <param name="whole">Whether each frame of a pack is opened and each of its items hashed; else its directory alone is opened.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> or <see cref="FailureKind.UnsupportedVersion"/>, naming the
    /// object and what is wrong with it.</exception>
    public void ThrowIfDamaged(ObjectKey key, ReadOnlySpan<byte> bytes, bool whole)
    {
        var name = key.Value;
        if (name.StartsWith(ObjectNames.Index, StringComparison.Ordinal))
            ReadIndex(key, bytes);
        else if (name.StartsWith(ObjectNames.Manifests, StringComparison.Ordinal))
            ManifestStore.Open(context.Keys, new BackupId(IdOf(key, "D")), bytes);
        else if (name.StartsWith(ObjectNames.Keys, StringComparison.Ordinal))
            ReadKey(key, bytes);
        else if (name.StartsWith(ObjectNames.Catalog, StringComparison.Ordinal))
            CatalogExports.ThrowIfDamaged(context.Keys, key, bytes);
        else
            ReadPack(key, bytes, whole);
    }

    /// <inheritdoc cref="ThrowIfDamaged" path="/exception"/>
    public IndexObject ReadIndex(ObjectKey key, ReadOnlySpan<byte> bytes) => RepositoryIndex.Open(context.Keys, IdOf(key, "N"), bytes);

    public void Dispose() => _frames.Dispose();

    /// <summary>That it opens with its own secret cannot be told by who has another.</summary>
    private void ReadKey(ObjectKey key, ReadOnlySpan<byte> bytes)
    {
        if (KeyObject.TryRead(bytes) is not { } read || read.Repository != context.Id.ToString("N"))
            throw new HoldfastException(FailureKind.Corrupted, $"Object '{key}' is damaged, or no key of this repository.");
    }

    private void ReadPack(ObjectKey key, ReadOnlySpan<byte> bytes, bool whole)
    {
        var pack = _packs.ReadDirectory(key, bytes);
        if (!whole)
            return;

        var hasher = pack.Kind == PackKind.Data ? context.Keys.Chunks : context.Keys.Nodes;
        var item = 0;
        foreach (var frame in pack.Directory.Frames)
        {
            var from = bytes.Slice((int)frame.Offset, (int)(frame.End - frame.Offset));
            if (!_frames.TryOpen(pack.Pack, pack.ItemSize, from, out var header, out var plain) || header.ItemCount != frame.ItemCount)
                throw Damaged(key, frame.Offset, "the frame there does not open");

            for (var at = 0; at < plain.Length; at += pack.ItemSize, item++)
            {
                if (hasher.Hash(plain.Span.Slice(at, pack.ItemSize)) != pack.Directory.Items[item])
                    throw Damaged(key, frame.Offset, "an item of the frame there is not the one that the directory names");
            }
        }
    }

    private static Guid IdOf(ObjectKey key, string format) =>
        ObjectNames.IdOf(key, format) ?? throw new HoldfastException(FailureKind.Corrupted, $"'{key}' is no name of an object.");

    private static HoldfastException Damaged(ObjectKey key, long offset, string what) =>
        new(FailureKind.Corrupted, $"Pack '{key}' is damaged at byte {offset}: {what}.");
}
