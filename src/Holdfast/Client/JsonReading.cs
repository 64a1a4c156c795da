using System.Globalization;
using System.Text.Json;

namespace Holdfast.Client;

/// <summary>Reading members that may be absent or null; every wire name is spelled at its one place of use.</summary>
internal static class JsonReading
{
    /// <summary>The text, or null when the member is absent, null or no text.</summary>
    public static string? Text(this JsonElement json, string name) =>
        json.TryGet(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    public static long? Number(this JsonElement json, string name) =>
        json.TryGet(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var value)
            ? value
            : null;

    public static bool? Flag(this JsonElement json, string name) =>
        json.TryGet(name, out var member) && member.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? member.GetBoolean()
            : null;

    public static JsonElement? Object(this JsonElement json, string name) =>
        json.TryGet(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;

    /// <summary>The elements, none when the member is absent or null.</summary>
    public static IEnumerable<JsonElement> Elements(this JsonElement json, string name) =>
        json.TryGet(name, out var member) && member.ValueKind == JsonValueKind.Array ? member.EnumerateArray() : [];

    /// <summary>A time in any of the API's three formats; without a zone it is UTC.</summary>
    public static DateTimeOffset? Time(this JsonElement json, string name) =>
        DateTimeOffset.TryParse(
            json.Text(name),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time
            : null;

    /// <summary>False where the answer is no object at all, as of a server that is not ours.</summary>
    private static bool TryGet(this JsonElement json, string name, out JsonElement member)
    {
        member = default;
        return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out member);
    }

    /// <summary>The text of a member that every answer of this kind has.</summary>
    public static string Required(this JsonElement json, string name) =>
        json.Text(name)
        ?? throw new Running.VerbFailedException($"The service's answer lacks '{name}'. Is OS_AUTH_URL that of a Holdfast service?");
}
