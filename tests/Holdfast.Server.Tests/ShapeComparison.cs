using System.Text.Json;

namespace Holdfast.Server.Tests;

/// <summary>
/// Holds an answer of ours against what another service was seen to answer (<c>tests/shapes</c>): its status, the headers that clients
/// read, and names and types of members. Texts are nobody's business.
/// </summary>
internal static class ShapeComparison
{
    /// <summary>Headers of ours that may be where theirs has none: they say more and change nothing.</summary>
    private static readonly HashSet<string> MayBeMore = ["Allow", "Vary", "X-Compute-Request-Id"];

    private static readonly string[] Headers =
    [
        "Allow",
        "Content-Type",
        "Location",
        "OpenStack-API-Version",
        "Retry-After",
        "Vary",
        "WWW-Authenticate",
        "X-Compute-Request-Id",
        "X-OpenStack-Request-Id",
        "X-Subject-Token",
    ];

    /// <summary>Texts that who makes a thing may leave out: null then, here as there.</summary>
    private static readonly HashSet<string> MayBeNull = ["name", "description", "container"];

    /// <summary>The requests of a file of captured answers, by their names.</summary>
    public static Dictionary<string, JsonElement> Read(string resource)
    {
        using var file =
            typeof(ShapeComparison).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the tests' assembly.");
        return JsonDocument.Parse(file).RootElement.EnumerateArray().ToDictionary(asked => Text(asked, "name"));
    }

    /// <summary>What differs, a line each.</summary>
    /// <param name="version">The microversion that was asked for, where the service has such.</param>
    public static List<string> DifferencesOf(Answer answer, JsonElement expected, string? version = null)
    {
        var differences = new List<string>();
        var status = expected.GetProperty("status").GetInt32();
        if (answer.Status != status)
        {
            return [$"status {answer.Status}, theirs {status}: {answer.Text}"];
        }

        var shape = expected.GetProperty("shape");
        CompareHeaders(
            expected.GetProperty("headers"),
            answer.Headers,
            // What is said of a body that is not there, each framework says in its own way.
            Headers.Where(name => name != "Content-Type" || shape.ValueKind != JsonValueKind.Null),
            version,
            differences
        );
        if (shape.ValueKind == JsonValueKind.Null)
        {
            if (answer.Text.Length > 0)
            {
                differences.Add($"a body, where theirs has none: {answer.Text}");
            }
        }
        else if (answer.Text.Length == 0)
        {
            differences.Add("no body");
        }
        else
        {
            Compare("", shape, answer.Json, differences);
        }

        return differences;
    }

    /// <summary>Fails on what differs, unless a reason is known; then on a difference that is gone.</summary>
    public static void AssertSame(string name, IReadOnlyCollection<string> differences, IReadOnlyDictionary<string, string> known)
    {
        if (known.TryGetValue(name, out var reason))
        {
            Assert.True(differences.Count > 0, $"'{name}' differs no longer ({reason}): take it out of the table.");
        }
        else
        {
            Assert.True(differences.Count == 0, string.Join('\n', differences));
        }
    }

    public static string Text(JsonElement holder, string member) => holder.GetProperty(member).GetString() ?? "";

    private static void CompareHeaders(
        JsonElement theirs,
        IReadOnlyDictionary<string, string> ours,
        IEnumerable<string> names,
        string? version,
        List<string> differences
    )
    {
        foreach (var name in names)
        {
            var (their, our) = (theirs.TryGetProperty(name, out var value) ? value.GetString() : null, ours.GetValueOrDefault(name));
            var isSame = (their, our) switch
            {
                (null, null) => true,
                (null, _) => MayBeMore.Contains(name),
                (_, null) => false,
                ("*", _) => our.Length > 0,
                ("volume N", _) => our == version,
                _ when name == "Vary" => Items(their).All(Items(our).Contains),
                _ => their == our,
            };
            if (!isSame)
            {
                differences.Add($"{name} is {our ?? "not there"}, theirs {their ?? "is not there"}");
            }
        }
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.TrimEntries);

    private static void Compare(string at, JsonElement shape, JsonElement value, List<string> differences)
    {
        switch (shape.ValueKind)
        {
            case JsonValueKind.Object when value.ValueKind == JsonValueKind.Object && at.EndsWith("/metadata", StringComparison.Ordinal):
                // The names are the caller's. Cinder's values are texts; in a summary, lists of texts.
                var isSummary = at.StartsWith("/volume-summary", StringComparison.Ordinal);
                differences.AddRange(
                    value
                        .EnumerateObject()
                        .Where(member => member.Value.ValueKind != (isSummary ? JsonValueKind.Array : JsonValueKind.String))
                        .Select(member => $"{at}/{member.Name} is {TypeOf(member.Value)}")
                );
                break;
            case JsonValueKind.Object when value.ValueKind == JsonValueKind.Object:
                var (theirs, ours) = (Members(shape), Members(value));
                differences.AddRange(theirs.Keys.Except(ours.Keys).Select(name => $"{at}/{name} is missing"));
                differences.AddRange(ours.Keys.Except(theirs.Keys).Select(name => $"{at}/{name} is too much"));
                foreach (var name in theirs.Keys.Intersect(ours.Keys))
                {
                    Compare($"{at}/{name}", theirs[name], ours[name], differences);
                }

                break;
            case JsonValueKind.Array when value.ValueKind == JsonValueKind.Array:
                foreach (var element in shape.EnumerateArray().Take(1).SelectMany(_ => value.EnumerateArray()))
                {
                    Compare($"{at}[]", shape[0], element, differences);
                }

                break;
            case JsonValueKind.String when value.ValueKind == JsonValueKind.Null && MayBeNull.Contains(at[(at.LastIndexOf('/') + 1)..]):
                break;
            case JsonValueKind.String when shape.GetString() == "null" || shape.GetString() == TypeOf(value):
                // What is null at theirs may be anything: what it is else was not seen.
                break;
            default:
                differences.Add($"{at} is {TypeOf(value)}, theirs {shape.GetRawText()}");
                break;
        }
    }

    private static Dictionary<string, JsonElement> Members(JsonElement value) =>
        value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);

    private static string TypeOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
            var kind => kind.ToString().ToLowerInvariant(),
        };
}
