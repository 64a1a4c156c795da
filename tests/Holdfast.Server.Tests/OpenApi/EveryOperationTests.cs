using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Server.Tests.OpenStack;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>
/// A walk through the whole API: every operation of the document is called at least once, with everything that it needs left out once
/// before. What is sent and what is answered, refusals too, is held against the document. An operation that the walk does not come by fails
/// it: give it a step.
/// </summary>
public sealed class EveryOperationTests
{
    private const string Gone = "00000000-0000-4000-8000-000000000000";

    private static readonly string[] Versions = ["v2", "v3"];

    [Fact]
    public async Task What_every_operation_answers_is_what_the_document_says()
    {
        await using var server = await TestServer.StartAsync(("HOLDFAST_Repository__Copy__Url", "second-copy"));
        var api = await DescribedApi.ReadAsync(server);
        var calls = new OperationCalls(server, api);
        calls.Path["project"] = calls.Path["project_id"] = server.Project;
        await MakeVolumesAsync(server, calls);
        await BackUpByPolicyAsync(server, calls);
        await BackUpByHandAsync(server, calls);
        await ShareAsync(calls);
        await ManageUsersAsync(server, calls);
        foreach (var operation in api.Operations.Keys.Where(operation => operation.Split(' ')[0] is "GET" or "HEAD").Except(calls.Called))
        {
            await ReadAsync(calls, operation);
        }

        await EndAsync(server, calls);
        Assert.Empty(api.Operations.Keys.Except(calls.Called));
    }

    private static string TextOf(JsonElement body, params string[] path) =>
        path.Aggregate(body, (node, name) => node.ValueKind == JsonValueKind.Array ? node[int.Parse(name)] : node.GetProperty(name))
            .GetString()
        ?? "";

    private static async Task MakeVolumesAsync(TestServer server, OperationCalls calls)
    {
        foreach (var version in Versions)
        {
            var file = Path.Combine(server.Folder, $"{version}.img");
            await File.WriteAllBytesAsync(file, new byte[100_000], TestContext.Current.CancellationToken);
            var (registered, _) = await calls.CallAsync(
                $"POST /{version}/{{project}}/os-volume-manage",
                $$"""{"volume": {"name": "registered", "host": "holdfast", "ref": {"source-name": "{{file}}"} } }"""
            );
            calls.Path["volume"] = TextOf(registered, "volume", "id");
            await calls.CallAsync($"POST /{version}/{{project}}/volumes/{{volume}}/action", """{"os-unmanage": {} }""");
            var (made, _) = await calls.CallAsync(
                $"POST /{version}/{{project}}/volumes",
                """{"volume": {"size": 1, "name": null, "metadata": {"a": "b"} } }"""
            );
            calls.Path["volume"] = TextOf(made, "volume", "id");
            await calls.CallAsync($"DELETE /{version}/{{project}}/volumes/{{volume}}");
        }

        calls.Path["volume"] = await server.AddVolumeAsync("data");
        calls.Path["type"] = "default";
        calls.Path["alias"] = "backups";
        foreach (var version in Versions)
        {
            await calls.CallAsync(
                $"PUT /{version}/{{project}}/volumes/{{volume}}",
                """{"volume": {"name": "data", "description": null, "metadata": {"team": "db"} } }"""
            );
            await calls.CallAsync($"POST /{version}/{{project}}/volumes/{{volume}}/metadata", """{"metadata": {"a": "b"} }""");
            await calls.CallAsync($"PUT /{version}/{{project}}/volumes/{{volume}}/metadata", """{"metadata": {"a": "c"} }""");
            calls.Path["key"] = "a";
            await calls.CallAsync($"PUT /{version}/{{project}}/volumes/{{volume}}/metadata/{{key}}", """{"meta": {"a": "d"} }""");
            await calls.CallAsync($"GET /{version}/{{project}}/volumes/{{volume}}/metadata/{{key}}");
            await calls.CallAsync($"DELETE /{version}/{{project}}/volumes/{{volume}}/metadata/{{key}}");
            calls.Path["id"] = server.Project;
            await calls.CallAsync($"PUT /{version}/{{project}}/os-quota-sets/{{id}}", """{"quota_set": {"backups": 100} }""");
            await calls.CallAsync($"DELETE /{version}/{{project}}/os-quota-sets/{{id}}");
            (calls.Path["host"], calls.Path["action"], calls.Path["class"]) = ("holdfast@local", "enable", "default");
            await calls.CallAsync(
                $"PUT /{version}/{{project}}/os-services/{{action}}",
                """{"host": "holdfast@local", "binary": "cinder-volume"}"""
            );
        }

        await calls.CallAsync("PUT /v2/{project}/os-vendor-tags/volumes/{volume}", """{"tags": {"team": "db"} }""");
    }

    /// <summary>One volume's backup succeeds and one's fails.</summary>
    private static async Task BackUpByPolicyAsync(TestServer server, OperationCalls calls)
    {
        var lost = await server.AddVolumeAsync("lost");
        File.Delete(Path.Combine(server.Folder, "lost.img"));
        var (created, _) = await calls.CallAsync(
            "POST /v2/{project}/backuppolicy",
            $$"""{"backup_policy_name": "walk", "scheduled_policy": {"start_time": "{{TestServer.FarHour()}},{{TestServer.FarHour(2)}}","""
                + """ "frequency": 1, "week_frequency": null, "rentention_day": 30, "status": "ON"},"""
                + """ "tags": [{"key": "team", "value": "db"}], "time_zone": "UTC+01:00"}"""
        );
        calls.Path["policy"] = TextOf(created, "backup_policy_id");
        await calls.CallAsync(
            "PUT /v2/{project}/backuppolicy/{policy}",
            """{"scheduled_policy": {"week_frequency": ["SUN", "WED"], "rentention_num": 10, "remain_first_backup_of_curMonth": "Y"} }"""
        );
        var (associated, _) = await calls.CallAsync(
            "POST /v2/{project}/backuppolicyresources",
            $$"""{"backup_policy_id": "{{calls.Path["policy"]}}", "resources": [{{Resource(calls.Path["volume"])}}, {{Resource(lost)}},"""
                + $$""" {{Resource(Gone)}}] }"""
        );
        Assert.Equal(Gone, TextOf(associated, "fail_resources", "0", "resource_id"));
        await calls.CallAsync("POST /v2/{project}/backuppolicy/{policy}/tags", """{"tag": {"key": "k", "value": ""} }""");
        await calls.CallAsync(
            "POST /v2/{project}/backuppolicy/{policy}/tags/action",
            """{"action": "create", "tags": [{"key": "kept", "value": "v"}] }"""
        );
        await calls.CallAsync("POST /v2/{project}/backuppolicy/resource_instances/action", """{"action": "count"}""");
        await calls.CallAsync(
            "POST /v2/{project}/backuppolicy/resource_instances/action",
            """{"action": "filter", "limit": 10, "offset": "0", "tags": [{"key": "kept", "values": ["v"]}],"""
                + """ "matches": [{"key": "resource_name", "value": "wal"}] }"""
        );
        await calls.CallAsync("POST /v2/{project}/backuppolicy/{policy}/action");
        var tasks = await EndedTasksAsync(calls);
        Assert.Equal(["EXECUTE_FAIL", "EXECUTE_SUCCESS"], tasks.Select(task => TextOf(task, "status")).Order());
        calls.Path["job"] = TextOf(tasks.Single(task => TextOf(task, "status") == "EXECUTE_FAIL"), "vbs_job_id");
        Assert.Equal("FAIL", TextOf((await calls.CallAsync("GET /v1/{project}/jobs/{job}")).Body, "status"));
        calls.Path["job"] = TextOf(tasks.Single(task => TextOf(task, "status") == "EXECUTE_SUCCESS"), "vbs_job_id");
    }

    /// <summary>A record as it was exported, but for the id that the imported backup gets.</summary>
    private static string WithNewId(JsonElement exported)
    {
        var body = JsonNode.Parse(exported.GetRawText())?["backup-record"]?.AsObject() ?? [];
        body["backup_url"] = BackupRecordTests.With((string?)body["backup_url"] ?? "", "id", Guid.CreateVersion7().ToString());
        return new JsonObject { ["backup-record"] = body.DeepClone() }.ToJsonString();
    }

    private static string Resource(string id) => $$"""{"resource_id": "{{id}}", "resource_type": "volume"}""";

    private static async Task<IReadOnlyList<JsonElement>> EndedTasksAsync(OperationCalls calls)
    {
        List<JsonElement> tasks = [];
        await TestServer.UntilAsync(
            async () =>
            {
                var (body, _) = await calls.CallAsync("GET /v2/{project}/backuppolicy/{policy}/backuptasks");
                tasks = [.. body.GetProperty("tasks").EnumerateArray()];
                return tasks.All(task => TextOf(task, "status") is not ("WAITING" or "RUNNING"));
            },
            () => "The tasks have not ended"
        );
        return tasks;
    }

    private static async Task BackUpByHandAsync(TestServer server, OperationCalls calls)
    {
        var volume = calls.Path["volume"];
        foreach (
            var (version, end, body) in Versions.SelectMany(version =>
                new[]
                {
                    (version, $"DELETE /{version}/{{project}}/backups/{{backup}}", (string?)null),
                    (version, $"POST /{version}/{{project}}/backups/{{backup}}/action", """{"os-force_delete": {} }"""),
                }
            )
        )
        {
            var (made, _) = await calls.CallAsync(
                $"POST /{version}/{{project}}/backups",
                $$"""{"backup": {"volume_id": "{{volume}}", "name": null, "description": "by hand", "force": true} }"""
            );
            calls.Path["backup"] = TextOf(made, "backup", "id");
            await server.WaitForAsync($"/v3/{{p}}/backups/{calls.Path["backup"]}", "backup", "available");
            var (record, _) = await calls.CallAsync($"GET /{version}/{{project}}/backups/{{backup}}/export_record");
            await calls.CallAsync($"POST /{version}/{{project}}/backups/import_record", WithNewId(record));
            var (restored, _) = await calls.CallAsync(
                $"POST /{version}/{{project}}/backups/{{backup}}/restore",
                """{"restore": {"name": "restored"} }"""
            );
            await server.WaitForAsync($"/v3/{{p}}/volumes/{TextOf(restored, "restore", "volume_id")}", "volume", "available");
            await calls.CallAsync("PUT /v3/{project}/backups/{backup}", """{"backup": {"name": "renamed", "description": null} }""");
            await calls.CallAsync(end, body);
        }

        var (job, _) = await calls.CallAsync(
            "POST /v2/{project}/cloudbackups",
            $$"""{"backup": {"volume_id": "{{volume}}", "name": "by-job", "tags": [{"key": "k", "value": "v"}],"""
                + """ "extend_param": {"FullBackup": true} } }"""
        );
        await server.WaitForJobAsync(TextOf(job, "job_id"), "SUCCESS");
        var entities = (await server.SendAsync("GET", $"/v2/{{p}}/jobs/{TextOf(job, "job_id")}")).Expect(200).GetProperty("entities");
        calls.Path["backup"] = TextOf(entities, "backup_id");
        await server.WaitForJobAsync(
            TextOf(
                (
                    await calls.CallAsync(
                        "POST /v2/{project}/cloudbackups/{backup}/restore",
                        $$"""{"restore": {"volume_id": "{{volume}}"} }"""
                    )
                ).Body,
                "job_id"
            ),
            "SUCCESS"
        );
        var target = Path.Combine(server.Folder, "restored.img");
        await server.WaitForJobAsync(
            TextOf(
                (
                    await calls.CallAsync(
                        "POST /admin/v1/{project}/backups/{backup}/restore",
                        $$"""{"target": "{{target}}", "overwrite": false}"""
                    )
                ).Body,
                "job_id"
            ),
            "SUCCESS"
        );
        await calls.CallAsync("PUT /admin/v1/{project}/quota", """{"backups": 100}""");
        var (ordered, _) = await calls.CallAsync("POST /admin/v1/{project}/drills", """{"volume_id": null, "all": true}""");
        calls.Path["drill"] = TextOf(ordered, "drills", "0", "id");
        await server.WaitForAsync($"/admin/v1/{{p}}/drills/{calls.Path["drill"]}", "drill", "proven");
        await calls.CallAsync("PUT /admin/v1/{project}/limits", """{"hours": "08:00-18:30"}""");
        await calls.CallAsync("GET /admin/v1/{project}/limits");
        await NotifyCalls.MakeAsync(calls);
        await calls.CallAsync("GET /admin/v1/{project}/repository/prune");
        await calls.CallAsync("POST /admin/v1/{project}/repository/prune");
        await calls.CallAsync("POST /admin/v1/{project}/repository/check");
        await calls.CallAsync("POST /admin/v1/{project}/repository/copy");
        await BringBackAsync(calls);
        var (jobs, _) = await calls.CallAsync("GET /admin/v1/{project}/jobs", query: "?kind=delete-backup&limit=1000");
        var kept = calls.Path.GetValueOrDefault("job");
        calls.Path["job"] = TextOf(jobs, "jobs", "0", "id");
        await calls.CallAsync("GET /admin/v1/{project}/jobs/{job}");

        // One that nobody takes from the queue meanwhile.
        calls.Path["job"] = "0000000000000000000000000000cafe";
        await server.ChangeCatalogAsync(
            "INSERT INTO job (id, project_id, kind, state, arguments, created_at, run_after, attempt) "
                + "VALUES (@job, @project, 3, 1, '{}', 0, 90000000000000, 1)",
            new { job = calls.Path["job"], project = server.Project }
        );
        await calls.CallAsync("POST /admin/v1/{project}/jobs/{job}/cancel");
        if (kept is not null)
        {
            calls.Path["job"] = kept;
        }
    }

    /// <summary>Of the backups that were deleted one is brought back, and one goes for good.</summary>
    private static async Task BringBackAsync(OperationCalls calls)
    {
        List<string> deleted;
        do
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            var (list, _) = await calls.CallAsync("GET /admin/v1/{project}/deleted-backups");
            deleted = [.. list.GetProperty("backups").EnumerateArray().Select(backup => TextOf(backup, "id"))];
        } while (deleted.Count < 2);

        calls.Path["deleted_backup"] = deleted[0];
        await calls.CallAsync("POST /admin/v1/{project}/deleted-backups/{deleted_backup}/undelete");
        calls.Path["deleted_backup"] = deleted[1];
        await calls.CallAsync("DELETE /admin/v1/{project}/deleted-backups/{deleted_backup}");
    }

    private static async Task ShareAsync(OperationCalls calls) =>
        calls.Path["share"] = TextOf(
            (
                await calls.CallAsync(
                    "POST /v2/{project}/os-vendor-backup-sharing",
                    $$"""{"shared": {"backup_id": "{{calls.Path["backup"]}}", "to_project_ids": ["other-project"]} }"""
                )
            ).Body,
            "shared",
            "0",
            "id"
        );

    private static async Task ManageUsersAsync(TestServer server, OperationCalls calls)
    {
        calls.Path["id"] = TextOf(
            (await calls.CallAsync("POST /identity/v3/projects", """{"project": {"name": "walk", "enabled": true} }""")).Body,
            "project",
            "id"
        );
        await calls.CallAsync("PATCH /identity/v3/projects/{id}", """{"project": {"name": "walked"} }""");
        calls.Path["tag"] = "team";
        await calls.CallAsync("PUT /identity/v3/projects/{id}/tags", """{"tags": ["team"]}""");
        await calls.CallAsync("PUT /identity/v3/projects/{id}/tags/{tag}");
        await calls.CallAsync("HEAD /identity/v3/projects/{id}/tags/{tag}");
        await calls.CallAsync("GET /identity/v3/projects/{id}/tags/{tag}");
        await calls.CallAsync("DELETE /identity/v3/projects/{id}/tags/{tag}");
        await calls.CallAsync("DELETE /identity/v3/projects/{id}/tags");
        await calls.CallAsync("DELETE /identity/v3/projects/{id}");
        var user = TextOf(
            (await calls.CallAsync("POST /identity/v3/users", """{"user": {"name": "anna", "password": "first pass word"} }""")).Body,
            "user",
            "id"
        );
        calls.Path["id"] = calls.Path["user_id"] = user;
        calls.Path["role"] = "member";
        await calls.CallAsync("PATCH /identity/v3/users/{id}", """{"user": {"enabled": true} }""");
        await calls.CallAsync("PUT /identity/v3/projects/{project_id}/users/{user_id}/roles/{role}");
        await calls.CallAsync("HEAD /identity/v3/projects/{project_id}/users/{user_id}/roles/{role}");
        calls.Path["access"] = TextOf(
            (await calls.CallAsync("POST /identity/v3.0/OS-CREDENTIAL/credentials", $$"""{"credential": {"user_id": "{{user}}"} }""")).Body,
            "credential",
            "access"
        );
        var (_, unscoped) = await calls.CallAsync("POST /identity/v3/auth/tokens", LogIn("anna", "first pass word", ""));
        var (_, scoped) = await calls.CallAsync(
            "POST /identity/v3/auth/tokens",
            LogIn("anna", "first pass word", $$""", "scope": {"project": {"id": "{{server.Project}}"} }""")
        );
        foreach (var subject in new[] { unscoped, scoped }.Select(response => response.Headers.GetValues("X-Subject-Token").Single()))
        {
            await calls.CallAsync("GET /identity/v3/auth/tokens", query: "?nocatalog", subject: subject);
            await calls.CallAsync("HEAD /identity/v3/auth/tokens", subject: subject);
            await calls.CallAsync("GET /v3/auth/tokens", subject: subject);
            await calls.CallAsync("HEAD /v3/auth/tokens", subject: subject);
        }

        var own = scoped.Headers.GetValues("X-Subject-Token").Single();
        var (_, other) = await calls.CallAsync("POST /v3/auth/tokens", LogIn("anna", "first pass word", ""));
        await calls.CallAsync("DELETE /v3/auth/tokens", subject: other.Headers.GetValues("X-Subject-Token").Single());
        await calls.CallAsync("DELETE /identity/v3/auth/tokens", subject: unscoped.Headers.GetValues("X-Subject-Token").Single());
        await calls.CallAsync(
            "POST /identity/v3/users/{id}/password",
            """{"user": {"original_password": "first pass word", "password": "second pass word"} }""",
            token: own
        );
    }

    private static string LogIn(string name, string password, string scope) =>
        $$"""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "{{name}}", "password": "{{password}}","""
        + $$""" "domain": {"name": "Default"} } } }{{scope}} } }""";

    /// <summary>One that only reads, whatever it is: as it is, and with all that can be asked of a list.</summary>
    private static async Task ReadAsync(OperationCalls calls, string operation)
    {
        if (operation == "GET /openapi/v1.json")
        {
            calls.Called.Add(operation); // where the document comes from
            return;
        }

        calls.Path["id"] = operation.Split('/') switch
        {
            [.., "roles", _] => "admin",
            [.., "domains", _] => "default",
            [.., "regions", _] => "RegionOne",
            [.., "services", _] => "vbs",
            [.., "endpoints", _] => "vbs-public",
            [.., "users", _] or [.., "users", _, _] => calls.Path["user_id"],
            _ => calls.Path["project"],
        };
        await calls.CallAsync(operation);
        if (
            operation.EndsWith("/backups", StringComparison.Ordinal)
            || operation.EndsWith("/volumes", StringComparison.Ordinal)
            || operation.EndsWith("/detail", StringComparison.Ordinal)
        )
        {
            await calls.CallAsync(operation, query: "?limit=1&with_count=true");
        }
    }

    private static async Task EndAsync(TestServer server, OperationCalls calls)
    {
        await calls.CallAsync("DELETE /v2/{project}/os-vendor-backup-sharing/{share}");
        await server.WaitForJobAsync(TextOf((await calls.CallAsync("POST /v2/{project}/cloudbackups/{backup}")).Body, "job_id"), "SUCCESS");
        await calls.CallAsync(
            "POST /v2/{project}/backuppolicyresources/{policy}/deleted_resources",
            $$"""{"resources": [{"resource_id": "{{calls.Path["volume"]}}"}, {"resource_id": "{{Gone}}"}] }"""
        );
        calls.Path["key"] = "kept";
        await calls.CallAsync("DELETE /v2/{project}/backuppolicy/{policy}/tags/{key}");
        await calls.CallAsync("DELETE /v2/{project}/backuppolicy/{policy}");
        await calls.CallAsync("DELETE /identity/v3/projects/{project_id}/users/{user_id}/roles/{role}");
        await calls.CallAsync("DELETE /identity/v3.0/OS-CREDENTIAL/credentials/{access}");
        calls.Path["id"] = calls.Path["user_id"];
        await calls.CallAsync("DELETE /identity/v3/users/{id}");
    }
}
