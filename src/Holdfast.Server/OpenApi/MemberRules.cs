using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control.Backups;
using Holdfast.Control.Tasks;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.OpenStack;
using Holdfast.Server.Vbs;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>
/// What an example cannot tell of a member or parameter: words, ranges, forms, whether it may be null or left out. <c>members.json</c> has
/// it by the end of the member's path, the longest first: <c>tasks.status</c> before <c>status</c>. Keys with ? are parameters of a query,
/// those with / of a path.
/// </summary>
internal sealed class MemberRules(JsonObject rules)
{
    /// <summary>Words that the code knows already.</summary>
    private static readonly Dictionary<string, IEnumerable<string>> Words = new(StringComparer.Ordinal)
    {
        ["task states"] = Enum.GetValues<BackupTaskStatus>().Select(status => Encoding.UTF8.GetString(TaskStatusNames.Utf8Of(status))),
        ["backup states"] = BackupStatuses.Shown.Select(status => status.WireName()),
        ["volume states"] = Enum.GetValues<VolumeStatus>().Select(VolumeWire.NameOf).Distinct(),
        ["roles"] = Enum.GetValues<Role>().Select(IdentityWire.NameOf),
    };

    /// <summary>Numbers that the code knows already.</summary>
    private static readonly Dictionary<string, int> Numbers = new(StringComparer.Ordinal) { ["largest limit"] = ListQuery.MaxLimit };

    private readonly HashSet<string> _used = [];

    /// <summary>Rules that were never asked for: of members that are no more, or misspelt.</summary>
    public IEnumerable<string> Unused => rules.Select(rule => rule.Key).Except(_used, StringComparer.Ordinal);

    public static MemberRules Load() => new(OperationTable.Open("members.json"));

    /// <param name="path">Names from the body's root or the component's down, joined by dots; those of the elements of an array end with
    /// [].</param>
    public JsonObject? Find(string path)
    {
        for (var rest = path; ; rest = rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (Exactly(rest) is { } rule)
            {
                return rule;
            }

            if (!rest.Contains('.', StringComparison.Ordinal))
            {
                return null;
            }
        }
    }

    public JsonObject? OfQuery(string? owner, string name) => Exactly($"{owner}?{name}") ?? Exactly($"?{name}");

    public JsonObject? OfPath(string name) => Exactly($"/{name}");

    public static void Apply(JsonObject? rule, OpenApiSchema schema)
    {
        foreach (var (keyword, value) in rule ?? [])
        {
            if (value is not null)
            {
                Apply(keyword, value, schema);
            }
        }
    }

    public static bool Says(JsonObject? rule, string keyword) => rule?[keyword]?.GetValue<bool>() == true;

    private JsonObject? Exactly(string key)
    {
        if (rules[key] is not JsonObject rule)
        {
            return null;
        }

        _used.Add(key);
        return rule;
    }

    private static void Apply(string keyword, JsonNode value, OpenApiSchema schema)
    {
        int Number() => value.GetValue<int>();
        string Exact() => NumberOf(value).GetValue<long>().ToString(CultureInfo.InvariantCulture);
        switch (keyword)
        {
            case "type":
                schema.Type = TypesOf(value);
                break;
            case "nullable":
                schema.Type |= JsonSchemaType.Null;
                break;
            case "format":
                schema.Format = value.GetValue<string>();
                break;
            case "pattern":
                schema.Pattern = value.GetValue<string>();
                break;
            case "enum":
                schema.Enum = [.. value.AsArray().Select(word => word!.DeepClone())];
                break; // no word of a rule is null
            case "words":
                schema.Enum = [.. Words[value.GetValue<string>()].Select(word => JsonValue.Create(word))];
                break;
            case "default":
                schema.Default = NumberOf(value).DeepClone();
                break;
            case "minimum":
                schema.Minimum = Exact();
                break;
            case "maximum":
                schema.Maximum = Exact();
                break;
            case "minLength":
                schema.MinLength = Number();
                break;
            case "maxLength":
                schema.MaxLength = Number();
                break;
            case "minItems":
                schema.MinItems = Number();
                break;
            case "maxItems":
                schema.MaxItems = Number();
                break;
            case "uniqueItems":
                schema.UniqueItems = value.GetValue<bool>();
                break;
            case "description":
                schema.Description = value.GetValue<string>();
                break;
            case "optional" or "needed" or "map" or "required":
                break; // whoever makes the object asks for these
            default:
                throw new InvalidOperationException($"A rule of members.json says '{keyword}', which is nothing.");
        }
    }

    private static JsonNode NumberOf(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.String && Numbers.TryGetValue(value.GetValue<string>(), out var known)
            ? JsonValue.Create((long)known)
            : value;

    private static JsonSchemaType TypesOf(JsonNode value) =>
        value is JsonArray several
            ? several.Aggregate(default(JsonSchemaType), (types, one) => types | TypesOf(one!))
            : Enum.Parse<JsonSchemaType>(value.GetValue<string>(), ignoreCase: true); // no type is null
}
