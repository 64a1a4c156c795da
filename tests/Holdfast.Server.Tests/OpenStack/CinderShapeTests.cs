using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>
/// Asks us what a real Cinder was asked (<c>tests/shapes/cinder_cases.py</c>), at the first and the last microversion of each of its
/// answers.
/// </summary>
public sealed class CinderShapeTests(CinderShapeTests.ServerWithThings things) : IClassFixture<CinderShapeTests.ServerWithThings>
{
    private const string Nobody = "3f1c2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e5f";

    private const string NoRoute =
        "where Cinder has no route, its framework answers in a form of its own; every refusal here has one form";

    private const string NoTypeQuotas = "quotas here are of a project, none is of a type of volume: Cinder names one for each type";

    private const string OldCount = "below 3.45 Cinder takes with_count for an unknown filter; it is passed over here";

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
        ["show metadata"] = "from 3.15 on Cinder says of its JSON that it is HTML",
        ["set bootable"] = "nothing here starts a machine from a volume: the flag would be accepted and forgotten",
        ["set read-only"] = "restores write volumes, whatever the flag says: it would be accepted and forgotten",
    };

    private static readonly Dictionary<string, JsonElement> Cases = ShapeComparison.Read("cinder-shapes.json");

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

        ShapeComparison.AssertSame(name, differences, Differences);
    }

    [Fact]
    public void Every_known_difference_is_of_a_case_that_there_is() => Assert.Empty(Differences.Keys.Except(Cases.Keys));

    private async Task<List<string>> DifferencesAsync(JsonElement asked, JsonElement expected, int minor)
    {
        var (method, path, body) = (ShapeComparison.Text(asked, "method"), ShapeComparison.Text(asked, "path"), asked.GetProperty("body"));
        var sent = body.ValueKind == JsonValueKind.Null ? null : body.GetRawText();
        var names = await things.NamesAsync(asked.GetProperty("changes").GetBoolean(), path + sent);
        foreach (var (placeholder, id) in names)
        {
            path = path.Replace(placeholder, id, StringComparison.Ordinal);
            sent = sent?.Replace(placeholder, id, StringComparison.Ordinal);
        }

        var version = $"volume 3.{minor}";
        var answer = await things.AskAsync(method, $"/v3/{{p}}{path}", sent, ShapeComparison.Text(asked, "role"), version);
        return ShapeComparison.DifferencesOf(answer, expected, version);
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
            var id = ShapeComparison.Text(made, "id");
            await _server.WaitForAsync($"/v3/{{p}}/volumes/{id}", "volume", "available");
            return id;
        }
    }
}
