using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>
/// Asks us what a real Cinder was asked (<c>tests/cinder-shapes</c>), at the first and the last microversion of each of its answers, and
/// compares statuses, and names and types of members. Texts are nobody's business.
/// </summary>
public sealed class CinderShapeTests(CinderShapeTests.ServerWithThings things) : IClassFixture<CinderShapeTests.ServerWithThings>
{
    private const string Nobody = "3f1c2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e5f";

    private const string NoRoute =
        "where Cinder has no route, its framework answers in a form of its own; every refusal here has one form";

    private const string NoTypeQuotas = "quotas here are of a project, none is of a type of volume: Cinder names one for each type";

    private const string OldCount = "below 3.45 Cinder takes with_count for an unknown filter; it is passed over here";

    /// <summary>Texts that who makes a thing may leave out: null then, here as at Cinder.</summary>
    private static readonly HashSet<string> MayBeNull = ["name", "description", "container"];

    /// <summary>Where we differ, and why. A difference that has gone away fails, too.</summary>
    private static readonly Dictionary<string, string> Differences = new()
    {
        ["list services"] = "members that only the role has that holds volumes are in one shape with the other roles'",
        ["a volume without an id, GET"] = NoRoute,
        ["a volume without an id, PUT"] = NoRoute,
        ["a volume without an id, DELETE"] = NoRoute,
        ["a volume without an id, POST"] = NoRoute,
        ["a path that is none"] = NoRoute,
        ["show quotas"] = NoTypeQuotas,
        ["set quotas"] = NoTypeQuotas,
        ["show quotas with use"] = NoTypeQuotas,
        ["show default quotas"] = NoTypeQuotas,
        ["list volumes, counted"] = OldCount,
        ["list backups, counted"] = OldCount,
        ["make a volume with an unknown member"] = "Cinder takes it and forgets it; what cannot be kept is refused by name here",
        ["set bootable"] = "nothing here starts a machine from a volume: the flag would be accepted and forgotten",
        ["set read-only"] = "restores write volumes, whatever the flag says: it would be accepted and forgotten",
    };

    private static readonly Dictionary<string, JsonElement> Cases = Read();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Answers_have_the_shape_of_cinders(string name)
    {
        var differences = new List<string>();
        foreach (var answer in Cases[name].GetProperty("answers").EnumerateArray())
        {
            foreach (var minor in new[] { "from", "to" }.Select(end => answer.GetProperty(end).GetInt32()).Distinct())
            {
                differences.AddRange((await DifferencesAsync(Cases[name], answer, minor)).Select(text => $"3.{minor}: {text}"));
            }
        }

        if (Differences.TryGetValue(name, out var reason))
        {
            Assert.True(differences.Count > 0, $"'{name}' differs no longer ({reason}): take it out of the table.");
        }
        else
        {
            Assert.True(differences.Count == 0, string.Join('\n', differences));
        }
    }

    [Fact]
    public void Every_known_difference_is_of_a_case_that_there_is() => Assert.Empty(Differences.Keys.Except(Cases.Keys));

    private async Task<List<string>> DifferencesAsync(JsonElement asked, JsonElement expected, int minor)
    {
        var (method, path, body) = (Text(asked, "method"), Text(asked, "path"), asked.GetProperty("body"));
        var sent = body.ValueKind == JsonValueKind.Null ? null : body.GetRawText();
        var names = await things.NamesAsync(asked.GetProperty("changes").GetBoolean(), path + sent);
        foreach (var (placeholder, id) in names)
        {
            path = path.Replace(placeholder, id, StringComparison.Ordinal);
            sent = sent?.Replace(placeholder, id, StringComparison.Ordinal);
        }

        var answer = await things.AskAsync(method, $"/v3/{{p}}{path}", sent, Text(asked, "role"), $"volume 3.{minor}");
        var differences = new List<string>();
        var status = expected.GetProperty("status").GetInt32();
        if (answer.Status != status)
        {
            differences.Add($"status {answer.Status}, Cinder's {status}: {answer.Text}");
        }
        else if (expected.GetProperty("shape").ValueKind == JsonValueKind.Null)
        {
            if (answer.Text.Length > 0)
            {
                differences.Add($"a body, where Cinder has none: {answer.Text}");
            }
        }
        else if (answer.Text.Length == 0)
        {
            differences.Add("no body");
        }
        else
        {
            Compare("", expected.GetProperty("shape"), JsonDocument.Parse(answer.Text).RootElement, differences);
        }

        return differences;
    }

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
                differences.Add($"{at} is {TypeOf(value)}, Cinder's {shape.GetRawText()}");
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

    private static string Text(JsonElement holder, string member) => holder.GetProperty(member).GetString() ?? "";

    private static Dictionary<string, JsonElement> Read()
    {
        using var file =
            typeof(CinderShapeTests).Assembly.GetManifestResourceStream("cinder-shapes.json")
            ?? throw new InvalidOperationException("The shapes are not in the tests' assembly.");
        return JsonDocument.Parse(file).RootElement.EnumerateArray().ToDictionary(asked => Text(asked, "name"));
    }

    /// <summary>A service with two volumes and a backup of the first, and nothing else.</summary>
    public sealed class ServerWithThings : IAsyncLifetime
    {
        private TestServer _server = null!;
        private Dictionary<string, string> _tokens = [];
        private Dictionary<string, string> _shared = [];

        public async ValueTask InitializeAsync()
        {
            _server = await TestServer.StartAsync();
            var member = await _server.MakeCallerAsync("shape_member", Role.Member, "default");
            _tokens = new() { ["admin"] = _server.Token, ["member"] = member.Token };
            _shared = await MakeAsync(withBackup: true);
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        internal Task<Answer> AskAsync(string method, string path, string? body, string role, string version) =>
            _server.SendAsync(method, path, body, _tokens[role], version: version);

        /// <summary>What the placeholders of a request stand for; things of its own where it changes them.</summary>
        internal async Task<Dictionary<string, string>> NamesAsync(bool changes, string request) =>
            changes ? await MakeAsync(request.Contains("{b}", StringComparison.Ordinal)) : _shared;

        private async Task<Dictionary<string, string>> MakeAsync(bool withBackup)
        {
            var (first, second) = (await MakeVolumeAsync(), await MakeVolumeAsync());
            return new()
            {
                ["{p}"] = _server.Project,
                ["{none}"] = Nobody,
                ["{v}"] = first,
                ["{w}"] = second,
                ["{b}"] = withBackup ? await _server.BackUpAsync(first, "shape") : _shared.GetValueOrDefault("{b}", ""),
            };
        }

        private async Task<string> MakeVolumeAsync()
        {
            const string Body =
                """{"volume": {"size": 1, "name": "shape", "description": "a description", "metadata": {"purpose": "shapes"} } }""";
            var made = (await _server.SendAsync("POST", "/v3/{p}/volumes", Body)).Expect(202).GetProperty("volume");
            var id = Text(made, "id");
            await _server.WaitForAsync($"/v3/{{p}}/volumes/{id}", "volume", "available");
            return id;
        }
    }
}
