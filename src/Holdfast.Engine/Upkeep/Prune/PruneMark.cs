using System.Buffers;
using System.Text.Json;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>What a run of prune says in the store before it deletes. Spec: docs/format/prune.md, section 1.</summary>
internal sealed record PruneMarkDocument(int Version, long Era, IReadOnlyList<string> Objects);

internal static class PruneMark
{
    private const int Version = 1;

    public static async Task PutAsync(
        RepositoryContext repository,
        Guid run,
        long era,
        IReadOnlyList<string> objects,
        CancellationToken cancel
    )
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(
            new PruneMarkDocument(Version, era, objects),
            PruneJson.Default.PruneMarkDocument
        );
        var bytes = SealedObject.Seal(repository.Keys, SealedType.PruneMark, run, plain);
        await repository.Store.PutIfAbsentAsync(ObjectNames.OfPruneMark(run), new ReadOnlySequence<byte>(bytes), cancel);
    }

    /// <summary>The era of a mark, or null when it is gone.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public static async Task<PruneMarkDocument?> FindAsync(RepositoryContext repository, Guid run, CancellationToken cancel)
    {
        var key = ObjectNames.OfPruneMark(run);
        byte[] bytes;
        try
        {
            bytes = await repository.Store.ReadWholeAsync(key, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }

        var plain = SealedObject.Open(repository.Keys, SealedType.PruneMark, run, bytes, key);
        PruneMarkDocument? mark = null;
        try
        {
            mark = JsonSerializer.Deserialize(plain, PruneJson.Default.PruneMarkDocument);
        }
        catch (JsonException)
        {
            // Told below.
        }

        return mark is { Version: Version, Objects: not null }
            ? mark
            : throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{key}' is a mark of prune that this version of Holdfast cannot read. Use a newer one."
            );
    }
}
