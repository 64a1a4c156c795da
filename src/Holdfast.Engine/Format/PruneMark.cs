using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Format;

/// <summary>What a run of prune says in the store before it deletes. Spec: docs/format/prune.md, section 1.</summary>
/// <param name="Objects">Keys of what it is about to delete.</param>
internal sealed record PruneMark(int Version, long Era, IReadOnlyList<string> Objects)
{
    private const int CurrentVersion = 1;

    public static async Task PutAsync(
        IObjectStore store,
        KeyRing keys,
        Guid run,
        long era,
        IReadOnlyList<string> objects,
        CancellationToken cancel
    )
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(new PruneMark(CurrentVersion, era, objects), PruneMarkJson.Default.PruneMark);
        var bytes = SealedObject.Seal(keys, SealedType.PruneMark, run, plain);
        await store.PutIfAbsentAsync(ObjectNames.OfPruneMark(run), new ReadOnlySequence<byte>(bytes), cancel);
    }

    /// <summary>The mark of a run, or null when it is gone.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public static async Task<PruneMark?> FindAsync(IObjectStore store, KeyRing keys, Guid run, CancellationToken cancel)
    {
        var key = ObjectNames.OfPruneMark(run);
        byte[] bytes;
        try
        {
            bytes = await store.ReadWholeAsync(key, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }

        return TryRead(SealedObject.Open(keys, SealedType.PruneMark, run, bytes, key))
            ?? throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{key}' is a mark of prune that this version of Holdfast cannot read. Use a newer one."
            );
    }

    private static PruneMark? TryRead(byte[] plain)
    {
        try
        {
            return
                JsonSerializer.Deserialize(plain, PruneMarkJson.Default.PruneMark) is { Version: CurrentVersion, Objects: { } objects } mark
                && objects.All(ObjectKey.IsValid)
                ? mark
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PruneMark))]
internal sealed partial class PruneMarkJson : JsonSerializerContext;
