using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Control.Volumes;

/// <summary>A volume's metadata as the catalog keeps it: a JSON object of strings.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class VolumeJson : JsonSerializerContext
{
    public static string Write(IReadOnlyDictionary<string, string> metadata) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(metadata), Default.DictionaryStringString);

    public static IReadOnlyDictionary<string, string> Read(string json) =>
        JsonSerializer.Deserialize(json, Default.DictionaryStringString) ?? [];
}
