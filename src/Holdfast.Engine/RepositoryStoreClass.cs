using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>What an object store was found to make of a put on condition, and when.</summary>
public sealed record KnownStoreClass(StoreClass Class, DateTimeOffset AskedAt);

/// <summary>The note of it in the store, by which it need not be asked each time. Its mac is the key holder's, over the place too: what was
/// found in one place is not believed of another.</summary>
internal sealed record StoreClassNote(
    [property: JsonPropertyName("class")] string Class,
    [property: JsonPropertyName("asked_at")] long AskedAt,
    [property: JsonPropertyName("mac")] string Mac
);

[JsonSerializable(typeof(StoreClassNote))]
internal sealed partial class StoreClassJson : JsonSerializerContext;

internal sealed class RepositoryStoreClass(IObjectStore store, Guid repository, KeyRing keys, TimeProvider clock)
{
    /// <summary>What was noted; null where nothing was, and for stores that need not be asked.</summary>
    public async Task<KnownStoreClass?> FindAsync(CancellationToken cancel)
    {
        if (store is not IProbedStore probed || await probed.ReadNoteAsync(cancel) is not { } bytes || Read(bytes) is not { } known)
            return null;

        probed.Trust(known.Class);
        return known;
    }

    /// <summary>Asks the store, and notes it. Null for a store that need not be asked.</summary>
    public async Task<KnownStoreClass?> AskAsync(CancellationToken cancel)
    {
        if (store is not IProbedStore probed)
            return null;

        var found = await probed.AskClassAsync(cancel);
        var askedAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var note = new StoreClassNote(found.Letter(), askedAt, MacOf(found.Letter(), askedAt));
        await probed.WriteNoteAsync(JsonSerializer.SerializeToUtf8Bytes(note, StoreClassJson.Default.StoreClassNote), cancel);
        return new KnownStoreClass(found, DateTimeOffset.FromUnixTimeMilliseconds(askedAt));
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
                    Encoding.UTF8.GetBytes(MacOf(note.Class, note.AskedAt))
                )
                ? new KnownStoreClass(
                    Enum.GetValues<StoreClass>().Single(known => known.Letter() == note.Class),
                    DateTimeOffset.FromUnixTimeMilliseconds(note.AskedAt)
                )
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string MacOf(string letter, long askedAt) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(
                keys.ServiceKey("class of the store"),
                Encoding.UTF8.GetBytes(
                    string.Create(CultureInfo.InvariantCulture, $"{repository:N}\n{store.Name}\n{letter}\n{askedAt}\n")
                )
            )
        );
}
