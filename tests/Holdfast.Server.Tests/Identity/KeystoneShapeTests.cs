using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.Identity;

/// <summary>Asks us what a real Keystone was asked (<c>tests/shapes/keystone_cases.py</c>).</summary>
public sealed class KeystoneShapeTests(KeystoneShapeTests.ServerWithPeople people) : IClassFixture<KeystoneShapeTests.ServerWithPeople>
{
    private const string Nobody = "3f1c2d4e5a6b4c7d8e9f0a1b2c3d4e5f";

    private const string Secret = "pass word";

    private const string DomainScope =
        "everybody may have a token for the domain: the cloud's Terraform provider asks for one at its start";

    private const string OwnOnly = "what is not one's own is not there: 404";

    private const string Extra = "Keystone shows what it keeps beside its columns once more, under 'extra', after changes and nowhere else";

    /// <summary>Where we differ, and why. A difference that has gone away fails, too.</summary>
    private static readonly Dictionary<string, string> Differences = new()
    {
        ["versions"] = "no Location: some HTTP libraries follow it, and who asks never sees the list",
        ["log in to the domain, by a member"] = DomainScope,
        ["log in by a name without a domain"] = "there is one domain, which may be left out",
        ["log in by a method that is not"] = "401 as for every method that is not here, whether its member is there or not",
        ["log in with no token"] = "401: who logs in is not told whether there was such a token",
        ["show another's token, by a member"] = OwnOnly,
        ["show a user, by a member"] = OwnOnly,
        ["show a project, by a member of another"] = OwnOnly,
        ["list projects, by a member"] = "a member's list shows their own",
        ["list assignments, by a member"] = "a member's list shows their own",
        ["list assignments of a user, effective"] = "no role here holds another",
        ["make a project in no domain"] = "an unknown domain is 404, as with users",
        ["update a user"] = Extra,
        ["update a user's name"] = Extra,
        ["update a project"] = Extra,
        ["update a project's name"] = Extra,
        ["a path that is none"] = "where Keystone has no route, its framework answers in HTML; every refusal here has one form",
    };

    private static readonly Dictionary<string, JsonElement> Cases = ShapeComparison.Read("keystone-shapes.json");

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Answers_have_the_shape_of_keystones(string name)
    {
        var answer = await people.AskAsync(Cases[name]);
        ShapeComparison.AssertSame(name, ShapeComparison.DifferencesOf(answer, Cases[name].GetProperty("answer")), Differences);
    }

    [Fact]
    public void Every_known_difference_is_of_a_case_that_there_is() => Assert.Empty(Differences.Keys.Except(Cases.Keys));

    /// <summary>A service with an admin and a member of one project.</summary>
    public sealed class ServerWithPeople : IAsyncLifetime
    {
        private TestServer _server = null!;
        private Dictionary<string, string> _shared = [];

        public async ValueTask InitializeAsync()
        {
            _server = await TestServer.StartAsync();
            var member = await MakeUserAsync(Role.Member);
            _shared = new()
            {
                ["p"] = _server.Project,
                ["P"] = "default",
                ["a"] = await IdOfAsync("admin"),
                ["A"] = "admin",
                ["at"] = _server.Token,
                ["m"] = member.Id,
                ["M"] = member.Name,
                ["mt"] = member.Token,
                ["secret"] = Secret,
                ["admin_secret"] = TestServer.Password,
                ["member"] = "member",
                ["reader"] = "reader",
                ["service"] = "volumev3",
                ["endpoint"] = "volumev3-admin",
                ["region"] = "RegionOne",
                ["none"] = Nobody,
            };
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        internal async Task<Answer> AskAsync(JsonElement asked)
        {
            var names = new Dictionary<string, string>(_shared) { ["new"] = NewName() };
            if (asked.GetProperty("changes").GetBoolean())
            {
                await AddThingsAsync(names);
            }

            var token = ShapeComparison.Text(asked, "role") switch
            {
                "admin" => names["at"],
                "member" => names["mt"],
                "reader" => names["xt"],
                "stranger" => Nobody,
                _ => null,
            };
            var path = ShapeComparison.Text(asked, "path");
            var body = asked.GetProperty("body");
            var subject = asked.GetProperty("subject").GetString();
            return await _server.SendAsync(
                ShapeComparison.Text(asked, "method"),
                Filled(path.StartsWith('^') ? $"/identity{path[1..]}" : $"/identity/v3{path}", names),
                body.ValueKind == JsonValueKind.Null ? null : Filled(body.GetRawText(), names),
                token,
                subject: subject is null ? null : Filled(subject, names)
            );
        }

        /// <summary>What a request changes.</summary>
        private async Task AddThingsAsync(Dictionary<string, string> names)
        {
            (names["x"], names["X"], names["xt"]) = await MakeUserAsync(Role.Reader);
            names["Q"] = NewName();
            var made = await _server.SendAsync("POST", "/identity/v3/projects", $$"""{"project": {"name": "{{names["Q"]}}"} }""");
            names["q"] = ShapeComparison.Text(made.Expect(201).GetProperty("project"), "id");
        }

        private async Task<(string Id, string Name, string Token)> MakeUserAsync(Role role)
        {
            var name = NewName();
            var (token, _) = await _server.MakeCallerAsync(name, role, "default");
            return (await IdOfAsync(name), name, token);
        }

        private async Task<string> IdOfAsync(string user) =>
            ShapeComparison.Text(
                (await _server.SendAsync("GET", $"/identity/v3/users?name={user}")).Expect(200).GetProperty("users")[0],
                "id"
            );

        private static string Filled(string text, Dictionary<string, string> names) =>
            names.Aggregate(text, (filled, name) => filled.Replace($"{{{name.Key}}}", name.Value, StringComparison.Ordinal));

        private static string NewName() => $"shape-{Guid.CreateVersion7():N}";
    }
}
