using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Engine.Basics;

/// <summary>JSON that an earlier run, or an earlier version, wrote.</summary>
internal static class StoredJson
{
    /// <summary>Null, or the default of a value, when the text is none of a kind.</summary>
    public static T? TryRead<T>(string json, JsonTypeInfo<T> kind)
    {
        try
        {
            return JsonSerializer.Deserialize(json, kind);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
