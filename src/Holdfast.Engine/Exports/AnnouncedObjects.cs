using System.Text.Json;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Exports;

/// <summary>An object that a run of prune said it would delete.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Run">The run, 32 hex digits.</param>
public sealed record AnnouncedObject(long Bytes, string Run);

/// <summary>
/// What runs of prune have announced in their marks, for whoever makes a catalog anew: a run that began under the old catalog may still
/// delete it, so nobody may come to need it. Spec of marks: docs/format/prune.md.
/// </summary>
internal static class AnnouncedObjects
{
    public static async Task<IReadOnlyDictionary<string, AnnouncedObject>> ReadAsync(
        IObjectStore store,
        KeyRing keys,
        Action<string, HoldfastException> damaged,
        CancellationToken cancel
    )
    {
        var runs = new List<(ObjectKey Key, Guid Run)>();
        await foreach (var entry in store.ListAsync(ObjectNames.PruneMarks, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is { } run)
                runs.Add((entry.Key, run));
        }

        var announced = new Dictionary<string, AnnouncedObject>();
        foreach (var (key, run) in runs)
        {
            try
            {
                var plain = SealedObject.Open(keys, SealedType.PruneMark, run, await store.ReadWholeAsync(key, cancel), key);
                foreach (var name in NamesIn(plain, key))
                {
                    if (await store.FindSizeAsync(new ObjectKey(name), cancel) is { } bytes)
                        announced[name] = new AnnouncedObject(bytes, run.ToString("N"));
                }
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
            {
                // Its run has ended since.
            }
            catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
            {
                damaged(key.Value, e);
            }
        }

        return announced;
    }

    private static List<string> NamesIn(byte[] plain, ObjectKey key)
    {
        try
        {
            using var document = JsonDocument.Parse(plain);
            var names = document.RootElement.GetProperty("objects").EnumerateArray().Select(name => name.GetString() ?? "").ToList();
            if (document.RootElement.GetProperty("version").GetInt32() == 1 && names.TrueForAll(ObjectKey.IsValid))
                return names;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Told below.
        }

        throw new HoldfastException(
            FailureKind.UnsupportedVersion,
            $"Object '{key}' is a mark of prune that this version of Holdfast cannot read. Use a newer one."
        );
    }
}
