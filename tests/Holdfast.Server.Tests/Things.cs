using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests;

/// <summary>Objects of every kind that a path or a body can name, in one project, found in its lists and made again where there are too
/// few.</summary>
internal sealed partial class Things(TestServer server, string token, string project, string? asking = null)
{
    private readonly string _mark = $"{Guid.CreateVersion7():N}"[..14];
    private readonly Dictionary<string, IReadOnlyList<string>> _ids = new()
    {
        ["project"] = [project],
        ["key"] = ["team"],
        ["type"] = [Holdfast.Server.OpenStack.TypeEndpoints.IdOf("SSD")],
        ["role"] = ["admin", "member", "reader"],
        ["domain"] = ["default"],
        ["absent"] = [Guid.CreateVersion7().ToString()],
        ["image"] = [Guid.CreateVersion7().ToString()],
        ["alias"] = ["backups"],
        ["region"] = ["RegionOne"],
        ["service"] = ["vbs"],
        ["endpoint"] = ["vbs-public"],
        ["tag"] = ["team"],
        ["host"] = ["holdfast@local"],
        ["action"] = ["enable"],
        ["class"] = ["default"],
    };
    private List<string> _jobs = [];
    private int _made;

    /// <summary>What the members of a body and of a query name. A null kind is of what there are no objects.</summary>
    public static readonly IReadOnlyDictionary<string, string?> KindOfMember = new Dictionary<string, string?>
    {
        ["volume_uuid"] = "volume",
        ["volume_id"] = "volume",
        ["resource_id"] = "volume",
        ["backup_id"] = "backup",
        ["backup_policy_id"] = "policy",
        ["job_id"] = "job",
        ["user_id"] = "user_id",
        ["user.id"] = "user_id",
        ["scope.project.id"] = "project_id",
        ["from_project_id"] = "project",
        ["to_project_id"] = "project",
        ["domain_id"] = "domain",
        ["target_id"] = "notify_target",
        ["role.id"] = "role",
        ["is_backup_id"] = null,
        ["snapshot_id"] = null,
    };

    /// <summary>A part of every name that is given here.</summary>
    public string Mark => $"{_mark}_";

    /// <summary>Everything that there is, by its kind.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Ids => _ids;

    public IReadOnlyList<string> this[string kind] =>
        _ids.GetValueOrDefault(kind)
        ?? throw new InvalidOperationException(
            $"No test knows how to make a '{kind}'. Say so in Things, for paths and bodies that name one."
        );

    /// <summary>The kind of what a parameter of a path stands for.</summary>
    public static string KindOf(string pattern, string parameter) =>
        parameter != "id"
            ? parameter
            : pattern[..pattern.IndexOf("/{id}", StringComparison.Ordinal)].Split('/')[^1] switch
            {
                "users" => "user_id",
                "projects" => "project_id",
                "roles" => "role",
                "domains" => "domain",
                "regions" => "region",
                "services" => "service",
                "endpoints" => "endpoint",
                "os-quota-sets" => "project",
                var path when Holdfast.Server.OpenStack.AbsentKind.All.Any(kind => kind.Path == path) => "absent",
                var other => throw new InvalidOperationException($"No test knows what '{{id}}' is behind '{other}'. Say so in Things."),
            };

    public static IReadOnlyList<string> ParametersOf(string pattern) =>
        [.. Parameter().Matches(pattern).Select(match => match.Groups[1].Value)];

    public static string Fill(string pattern, Func<string, string> idOf) =>
        Parameter().Replace(pattern, match => idOf(match.Groups[1].Value));

    /// <summary>The members of an example that name objects, with their kinds, as deep as they are.</summary>
    public static IEnumerable<(JsonObject In, string Member, string? Kind)> NamesIn(JsonNode? example) =>
        example switch
        {
            JsonObject members => members
                .ToList()
                .SelectMany(member =>
                    member.Value is JsonObject or JsonArray ? NamesIn(member.Value)
                    : !member.Key.EndsWith("id", StringComparison.Ordinal) ? []
                    : KindOfMember.TryGetValue(member.Key, out var kind) ? [(members, member.Key, kind)]
                    : throw new InvalidOperationException($"No test knows what '{member.Key}' in a body names. Say so in Things.")
                ),
            JsonArray elements => elements.ToList().SelectMany(NamesIn),
            _ => [],
        };

    /// <summary>Looks what there is, and makes more of what is less than so many.</summary>
    public async Task RefreshAsync(int least)
    {
        (await SendAsync("PUT", "/admin/v1/{p}/quota", """{"backups": 100000, "backup_gigabytes": -1}""")).Expect(200);
        await FindAsync("volume", "/v3/{p}/volumes/detail?limit=1000", "volumes", "id", least, MakeVolumeAsync, IsAvailable);
        await FindAsync("backup", "/v3/{p}/backups/detail?limit=1000", "backups", "id", least, MakeBackupAsync, IsAvailable);
        await FindAsync("deleted_backup", "/admin/v1/{p}/deleted-backups", "backups", "id", least, DeleteBackupAsync);
        await FindAsync(
            "policy",
            "/v2/{p}/backuppolicy",
            "backup_policies",
            "backup_policy_id",
            least,
            MakePolicyAsync,
            policy => policy.GetProperty("backup_policy_name").GetString() != "defaultPolicy"
        );
        await FindAsync("share", "/v2/{p}/os-vendor-backup-sharing/detail?limit=1000", "shared", "id", least, ShareAsync);
        await FindAsync(
            "user_id",
            "/identity/v3/users",
            "users",
            "id",
            least,
            () => MakeAsync("/identity/v3/users", $$"""{"user": {"name": "thing_{{Name()}}", "password": "pass word"} }"""),
            IsMine
        );
        await FindAsync(
            "project_id",
            "/identity/v3/projects",
            "projects",
            "id",
            least,
            () => MakeAsync("/identity/v3/projects", $$"""{"project": {"name": "thing_{{Name()}}"} }"""),
            IsMine
        );
        await FindAsync(
            "access",
            "/identity/v3.0/OS-CREDENTIAL/credentials",
            "credentials",
            "access",
            least,
            () => MakeAsync("/identity/v3.0/OS-CREDENTIAL/credentials", """{"credential": {} }""")
        );
        await FindAsync(
            "drill",
            "/admin/v1/{p}/drills?limit=1000",
            "drills",
            "id",
            least,
            () => MakeAsync("/admin/v1/{p}/drills", """{"all": true}""")
        );
        await FindAsync(
            "notify_target",
            "/admin/v1/{p}/notify/targets",
            "targets",
            "id",
            least,
            () => MakeAsync("/admin/v1/{p}/notify/targets", $$"""{"name": "{{Name()}}", "kind": "webhook", "url": "http://127.0.0.1:9/"}""")
        );
        await FindAsync(
            "notify_rule",
            "/admin/v1/{p}/notify/rules",
            "rules",
            "id",
            least,
            () => MakeAsync("/admin/v1/{p}/notify/rules", $$"""{"target_id": "{{this["notify_target"][0]}}"}""")
        );
        foreach (var (user, place) in this["user_id"].Zip(this["project_id"]).Take(least))
        {
            (await SendAsync("PUT", $"/identity/v3/projects/{place}/users/{user}/roles/member")).Expect(204);
        }

        _ids["job"] = _jobs = [.. _jobs.TakeLast(least)];
    }

    public Task<Answer> SendAsync(string method, string path, string? body = null) =>
        server.SendAsync(method, path.Replace("{p}", project, StringComparison.Ordinal), body, token, version: "volume latest");

    /// <summary>As who only looks: a reader or member, where there is one, whom an admin made all this for.</summary>
    public Task<Answer> AskAsync(string method, string path, string? body = null) =>
        server.SendAsync(method, path.Replace("{p}", project, StringComparison.Ordinal), body, asking ?? token, version: "volume latest");

    private static bool IsAvailable(JsonElement thing) => thing.GetProperty("status").GetString() == "available";

    private bool IsMine(JsonElement thing) =>
        thing.GetProperty("name").GetString()?.StartsWith($"thing_{_mark}", StringComparison.Ordinal) == true;

    private string Name() => $"{_mark}_{_made++}";

    private async Task FindAsync(
        string kind,
        string list,
        string array,
        string id,
        int least,
        Func<Task> make,
        Func<JsonElement, bool>? counts = null
    )
    {
        for (var i = 0; ; i++)
        {
            _ids[kind] =
            [
                .. (await SendAsync("GET", list))
                    .Expect(200)
                    .GetProperty(array)
                    .EnumerateArray()
                    .Where(thing => counts?.Invoke(thing) ?? true)
                    .Take(8)
                    .Select(thing => thing.GetProperty(id).GetString() ?? ""),
            ];
            if (_ids[kind].Count >= least)
            {
                return;
            }

            Assert.True(i < 8, $"There are {_ids[kind].Count} of the kind '{kind}' and not {least}, however many are made.");
            await make();
        }
    }

    /// <summary>Whether it was made is seen when it is looked for.</summary>
    private Task<Answer> MakeAsync(string path, string body) => SendAsync("POST", path, body);

    /// <summary>By turns a device that was there and one that the service makes: only those it deletes. With a property of the key that
    /// paths name.</summary>
    private async Task MakeVolumeAsync()
    {
        var made =
            _made % 2 == 0
                ? await MakeAsync(
                    "/v3/{p}/os-volume-manage",
                    $$"""{"volume": {"name": "{{Name()}}", "ref": {"source-name": "{{server.AddFile(Name(), 50_000)}}"} } }"""
                )
                : await MakeAsync("/v3/{p}/volumes", $$"""{"volume": {"name": "{{Name()}}", "size": 1} }""");
        await MakeAsync(
            $"/v3/{{p}}/volumes/{made.Expect(202).GetProperty("volume").GetProperty("id").GetString()}/metadata",
            $$"""{"metadata": {"{{this["key"][0]}}": "db"} }"""
        );
    }

    /// <summary>Of a small volume, as a job; it is there when that has ended.</summary>
    private async Task MakeBackupAsync()
    {
        var file = server.AddFile(Name(), 50_000);
        var volume = (
            await SendAsync(
                "POST",
                "/v3/{p}/os-volume-manage",
                $$"""{"volume": {"name": "{{Name()}}", "ref": {"source-name": "{{file}}"} } }"""
            )
        )
            .Expect(202)
            .GetProperty("volume")
            .GetProperty("id")
            .GetString();
        var job =
            (await SendAsync("POST", "/v2/{p}/cloudbackups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "{{Name()}}"} }"""))
                .Expect(200)
                .GetProperty("job_id")
                .GetString()
            ?? "";
        _jobs.Add(job);
        await TestServer.UntilAsync(
            async () => (await SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200).GetProperty("status").GetString() == "SUCCESS",
            () => $"Job {job} has not ended"
        );
    }

    /// <summary>A backup that is deleted and kept.</summary>
    private async Task DeleteBackupAsync()
    {
        await MakeBackupAsync();
        var newest = (await SendAsync("GET", "/v3/{p}/backups?limit=1"))
            .Expect(200)
            .GetProperty("backups")[0]
            .GetProperty("id")
            .GetString();
        (await SendAsync("DELETE", $"/v3/{{p}}/backups/{newest}")).Expect(202);
        await TestServer.UntilAsync(
            async () => (await SendAsync("GET", "/admin/v1/{p}/deleted-backups")).Text.Contains(newest ?? "", StringComparison.Ordinal),
            () => $"Backup {newest} is not deleted"
        );
    }

    private async Task MakePolicyAsync()
    {
        var schedule = """{"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "OFF"}""";
        var made = (
            await SendAsync(
                "POST",
                "/v2/{p}/backuppolicy",
                $$"""{"backup_policy_name": "{{Name()}}", "scheduled_policy": {{schedule}}, "tags": [{"key": "team", "value": "db"}] }"""
            )
        ).Expect(200);
        await MakeAsync(
            "/v2/{p}/backuppolicyresources",
            $$"""{"backup_policy_id": "{{made.GetProperty("backup_policy_id").GetString()}}","""
                + $$""" "resources": [{"resource_id": "{{this["volume"][0]}}", "resource_type": "volume"}] }"""
        );
    }

    private Task ShareAsync() =>
        MakeAsync(
            "/v2/{p}/os-vendor-backup-sharing",
            $$"""{"shared": {"backup_id": "{{this["backup"][_made % this["backup"].Count]}}", "to_project_ids": ["{{Name()}}"]} }"""
        );

    [GeneratedRegex(@"\{(\w+)\??\}")]
    private static partial Regex Parameter();
}
