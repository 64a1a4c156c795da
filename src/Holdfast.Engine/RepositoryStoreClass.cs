using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>What an object store was found to make of a put on condition, and when.</summary>
/// <param name="Best">The best that it was ever found to be in this place.</param>
public sealed record KnownStoreClass(StoreClass Class, DateTimeOffset AskedAt, StoreClass Best)
{
    /// <summary>Whether it once kept writers apart better than now: its server was exchanged, or set otherwise.</summary>
    public bool HasWorsened => Class > Best;
}

/// <summary>The note of it in the store, by which it need not be asked each time. Its mac is the key holder's, over the place too: what was
/// found in one place is not believed of another.</summary>
internal sealed record StoreClassNote(
    [property: JsonPropertyName("class")] string Class,
    [property: JsonPropertyName("asked_at")] long AskedAt,
    [property: JsonPropertyName("mac")] string Mac,
    [property: JsonPropertyName("best")] string? Best = null
);

[JsonSerializable(typeof(StoreClassNote))]
internal sealed partial class StoreClassJson : JsonSerializerContext;

internal sealed class RepositoryStoreClass(IObjectStore store, Guid repository, KeyRing keys, TimeProvider clock)
{
    private volatile KnownStoreClass? _last;

    /// <summary>What this process found last; null where it has not looked.</summary>
    public KnownStoreClass? Last => _last;

    /// <summary>What was noted; null where nothing was, and for stores that need not be asked.</summary>
    public async Task<KnownStoreClass?> FindAsync(CancellationToken cancel)
    {
        if (store is not IProbedStore probed || await probed.ReadNoteAsync(cancel) is not { } bytes || Read(bytes) is not { } known)
            return null;

        probed.Trust(known.Class);
        return _last = known;
    }

    /// <summary>Asks the store, and notes it. Null for a store that need not be asked.</summary>
    public async Task<KnownStoreClass?> AskAsync(CancellationToken cancel)
    {
        if (store is not IProbedStore probed)
            return null;

        var before = await probed.ReadNoteAsync(cancel) is { } bytes ? Read(bytes) : null;
        var found = await probed.AskClassAsync(cancel);
        var best = before is not null && before.Best < found ? before.Best : found;
        var askedAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var note = new StoreClassNote(found.Letter(), askedAt, MacOf(found.Letter(), askedAt, best.Letter()), best.Letter());
        await probed.WriteNoteAsync(JsonSerializer.SerializeToUtf8Bytes(note, StoreClassJson.Default.StoreClassNote), cancel);
        return _last = new KnownStoreClass(found, DateTimeOffset.FromUnixTimeMilliseconds(askedAt), best);
    }

    /// <summary>A note that is damaged, of another place, or of somebody without the key is as none.</summary>
    private KnownStoreClass? Read(byte[] bytes)
    {
        try
        {
            var note = JsonSerializer.Deserialize(bytes, StoreClassJson.Default.StoreClassNote);
            return
                note is { Class: not null, Mac: not null }
                && CryptographicOperations.FixedTimeEquals(
                    Encoding.UTF8.GetBytes(note.Mac),
                    Encoding.UTF8.GetBytes(MacOf(note.Class, note.AskedAt, note.Best))
                )
                ? new KnownStoreClass(
                    ClassOf(note.Class),
                    DateTimeOffset.FromUnixTimeMilliseconds(note.AskedAt),
                    ClassOf(note.Best ?? note.Class)
                )
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static StoreClass ClassOf(string letter) => Enum.GetValues<StoreClass>().Single(known => known.Letter() == letter);

    /// <param name="best">Null in the notes of before it was noted.</param>
    private string MacOf(string letter, long askedAt, string? best) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(
                keys.ServiceKey("class of the store"),
                Encoding.UTF8.GetBytes(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{repository:N}\n{store.Name}\n{letter}\n{askedAt}\n{(best is null ? "" : $"{best}\n")}"
                    )
                )
            )
        );
}
