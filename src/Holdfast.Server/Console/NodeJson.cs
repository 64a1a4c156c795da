using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Holdfast.Server.Console;

/// <summary>Writes what the console sends to the API.</summary>
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class NodeJson : JsonSerializerContext;
