using System.Text.Json;

namespace Holdfast.SystemTests.Clients;

/// <summary>
/// The requests that the Terraform provider and gophertelekomcloud send, in their order, to the addresses that they make out of the
/// catalog. Replayed, because the provider is not packaged: each status must be the one that the library accepts, each answer must decode
/// into its types.
/// </summary>
public sealed class TerraformReplayTests(ClientService service) : IClassFixture<ClientService>
{
    private const string Domain = """{"domain":{"name":"Default"}}""";
    private const string ProjectAlone = """{"project":{"name":"default"}}""";

    [Fact]
    public async Task A_policy_is_made_changed_and_destroyed()
    {
        var (session, vbs, _) = await ConfigureAsync();
        using var ends = session;
        var disk = await VolumeAsync();

        var made = await SendAsync<GoTypes.Policy>(
            session,
            HttpMethod.Post,
            $"{vbs}backuppolicy",
            200,
            """{"backup_policy_name":"policy_001","scheduled_policy":{"remain_first_backup_of_curMonth":"N","rentention_num":2"""
                + ""","frequency":1,"start_time":"12:00","status":"ON"},"tags":[{"key":"k1","value":"v1"},{"key":"k2","value":"v2"}]}"""
        );
        var associated = await SendAsync<GoTypes.Association>(
            session,
            HttpMethod.Post,
            $"{vbs}backuppolicyresources",
            200,
            $$$"""{"backup_policy_id":"{{{made.Id}}}","resources":[{"resource_id":"{{{disk}}}","resource_type":"volume"}]}"""
        );
        var first = await PolicyAsync(session, vbs, made.Id);
        var tags = await SendAsync<GoTypes.Tags>(session, HttpMethod.Get, $"{vbs}backuppolicy/{made.Id}/tags", 200);

        Assert.Equal((disk, 0), (Assert.Single(associated.Succeeded).Id, associated.Failed.Length));
        Assert.Equal(
            ("policy_001", 1, "12:00", 1, 2, 0, "N"),
            (
                first.Name,
                first.ResourceCount,
                first.Schedule.StartTime,
                first.Schedule.Frequency,
                first.Schedule.RententionNum,
                first.Schedule.RententionDay,
                first.Schedule.RemainFirst
            )
        );
        Assert.Null(first.Schedule.WeekFrequency);
        Assert.Equal([new("k1", "v1"), new("k2", "v2")], tags.Items);

        await SendAsync<GoTypes.Policy>(
            session,
            HttpMethod.Put,
            $"{vbs}backuppolicy/{made.Id}",
            200,
            """{"scheduled_policy":{"rentention_day":30,"week_frequency":["WED","MON","SAT"],"start_time":"00:00,12:00"}}"""
        );
        await SendAsync<GoTypes.Policy>(
            session,
            HttpMethod.Put,
            $"{vbs}backuppolicy/{made.Id}",
            200,
            """{"backup_policy_name":"policy_002","scheduled_policy":{}}"""
        );
        await RunAsync(
            session,
            HttpMethod.Post,
            $"{vbs}backuppolicy/{made.Id}/tags/action",
            204,
            """{"action":"delete","tags":[{"key":"k1","value":"v1"},{"key":"k2","value":"v2"}]}"""
        );
        await RunAsync(
            session,
            HttpMethod.Post,
            $"{vbs}backuppolicy/{made.Id}/tags/action",
            204,
            """{"action":"create","tags":[{"key":"k3","value":"v3"}]}"""
        );
        await RunAsync(session, HttpMethod.Post, $"{vbs}backuppolicy/{made.Id}/tags/action", 204, """{"action":"delete"}""");
        var second = await PolicyAsync(session, vbs, made.Id);

        Assert.Equal(
            ("policy_002", "00:00,12:00", 0, 0, 30),
            (
                second.Name,
                second.Schedule.StartTime,
                second.Schedule.Frequency,
                second.Schedule.RententionNum,
                second.Schedule.RententionDay
            )
        );
        Assert.Equal(["WED", "MON", "SAT"], second.Schedule.WeekFrequency ?? []);
        var byTag = await SendAsync<GoTypes.TaggedPolicies>(
            session,
            HttpMethod.Post,
            $"{vbs}backuppolicy/resource_instances/action",
            200,
            """{"action":"filter","limit":"10","offset":"0","tags":[{"key":"k3","values":["v3"]}]}"""
        );
        Assert.Equal((1, made.Id, "policy_002"), (byTag.Total, byTag.Items[0].Id, byTag.Items[0].Name));
        Assert.Equal([new("k3", "v3")], byTag.Items[0].Tags);

        await SendAsync<GoTypes.Association>(
            session,
            HttpMethod.Post,
            $"{vbs}backuppolicyresources/{made.Id}/deleted_resources",
            200,
            $$$"""{"resources":[{"resource_id":"{{{disk}}}"}]}"""
        );
        await RunAsync(session, HttpMethod.Delete, $"{vbs}backuppolicy/{made.Id}", 204);
        Assert.DoesNotContain(
            (await SendAsync<GoTypes.Policies>(session, HttpMethod.Get, $"{vbs}backuppolicy", 200)).Items,
            policy => policy.Id == made.Id
        );
        await RunAsync(session, HttpMethod.Get, $"{vbs}backuppolicy/{made.Id}/tags", 404);
    }

    [Fact]
    public async Task A_backup_is_made_read_shared_paged_to_and_destroyed()
    {
        var (session, vbs, jobs) = await ConfigureAsync();
        using var ends = session;
        var disk = await VolumeAsync();

        var id = await BackUpAsync(session, vbs, jobs, disk, "VBS_backup_demo");
        var shown = (await SendAsync<GoTypes.OneBackup>(session, HttpMethod.Get, $"{vbs}backups/{id}", 200)).Item;
        var listed = Assert.Single(
            (
                await SendAsync<GoTypes.BackupPage>(
                    session,
                    HttpMethod.Get,
                    $"{vbs}backups/detail?name=VBS_backup_demo&status=available&volume_id={disk}",
                    200
                )
            ).Items
        );

        Assert.Equal(
            ("available", "Backup_Demo", disk, 1, session.Project),
            (shown.Status, shown.Description, shown.VolumeId, shown.Size, shown.Project)
        );
        Assert.Equal((shown.Id, shown.Description), (listed.Id, listed.Description));
        Assert.NotNull(shown.CreatedAt);
        Assert.NotNull(JsonDocument.Parse(shown.ServiceMetadata ?? ""));

        var others = new List<string>
        {
            id,
            await BackUpAsync(session, vbs, jobs, disk, "VBS_backup_two"),
            await BackUpAsync(session, vbs, jobs, disk, "VBS_backup_three"),
        };
        Assert.Equal(
            Enumerable.Reverse(others),
            (await WalkAsync(session, $"{vbs}backups/detail?limit=1&volume_id={disk}")).Select(backup => backup.Id)
        );

        var recipient = await OtherProjectAsync();
        var shared = await SendAsync<GoTypes.Shares>(
            session,
            HttpMethod.Post,
            $"{vbs}os-vendor-backup-sharing",
            200,
            $$$"""{"shared":{"backup_id":"{{{id}}}","to_project_ids":["{{{recipient}}}"]}}"""
        );
        var found = await SendAsync<GoTypes.Shares>(session, HttpMethod.Get, $"{vbs}os-vendor-backup-sharing/detail?backup_id={id}", 200);
        var share = (
            await SendAsync<GoTypes.OneShare>(session, HttpMethod.Get, $"{vbs}os-vendor-backup-sharing/{shared.Items[0].Id}", 200)
        ).Item;
        Assert.Equal((session.Project, recipient, id), (shared.Items[0].From, shared.Items[0].To, shared.Items[0].BackupId));
        Assert.Equal(shared.Items[0].Id, Assert.Single(found.Items).Id);
        Assert.Equal("Backup_Demo", share.Backup?.Description);
        await RunAsync(session, HttpMethod.Delete, $"{vbs}os-vendor-backup-sharing/{id}?is_backup_id=true", 200);
        Assert.Empty(
            (await SendAsync<GoTypes.Shares>(session, HttpMethod.Get, $"{vbs}os-vendor-backup-sharing/detail?backup_id={id}", 200)).Items
        );

        foreach (var backup in others)
        {
            await DestroyAsync(session, $"{vbs}backups/{backup}");
        }

        Assert.Empty((await SendAsync<GoTypes.BackupPage>(session, HttpMethod.Get, $"{vbs}backups/detail", 200)).Items);
    }

    /// <summary>Logs in twice, as the provider does, and makes the addresses of the service and of its jobs as the library does.</summary>
    private async Task<(RawSession Session, string Vbs, string Jobs)> ConfigureAsync()
    {
        var session = await RawSession.LogInAsync(service.Service.Identity, ProjectAlone);
        using (var domain = await RawSession.LogInAsync(service.Service.Identity, Domain))
        {
            Assert.False(domain.Login.TryGetProperty("project", out _));
            Assert.Equal("Default", domain.Login.GetProperty("domain").GetProperty("name").GetString());
        }

        var endpoint = session
            .Login.GetProperty("catalog")
            .EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "volumev2")
            .SelectMany(entry => entry.GetProperty("endpoints").EnumerateArray())
            .First(endpoint =>
                endpoint.GetProperty("interface").GetString() == "public" && endpoint.GetProperty("region").GetString() == "RegionOne"
            );
        var vbs = ReplaceFirst(endpoint.GetProperty("url").GetString() ?? "", "evs", "vbs").TrimEnd('/') + "/";
        Assert.EndsWith($"/{session.Project}/", vbs, StringComparison.Ordinal);
        return (session, vbs, ReplaceFirst(vbs, "v2", "v1") + "jobs/");
    }

    private static string ReplaceFirst(string text, string old, string with) =>
        text.IndexOf(old, StringComparison.Ordinal) is >= 0 and var at ? text[..at] + with + text[(at + old.Length)..] : text;

    private static async Task<GoTypes.Policy> PolicyAsync(RawSession session, string vbs, string id) =>
        Assert.Single(
            (await SendAsync<GoTypes.Policies>(session, HttpMethod.Get, $"{vbs}backuppolicy", 200)).Items,
            policy => policy.Id == id
        );

    private static async Task<string> BackUpAsync(RawSession session, string vbs, string jobs, string disk, string name)
    {
        var job = await SendAsync<GoTypes.Job>(
            session,
            HttpMethod.Post,
            $"{vbs}cloudbackups",
            200,
            $$$"""{"backup":{"volume_id":"{{{disk}}}","name":"{{{name}}}","description":"Backup_Demo"}}"""
        );
        var ended = job;
        await ClientService.UntilAsync(
            async () => (ended = await SendAsync<GoTypes.Job>(session, HttpMethod.Get, jobs + job.Id, 200)).Status is "SUCCESS" or "FAIL",
            "that the job has ended"
        );
        Assert.Equal(("SUCCESS", "bksCreateBackup"), (ended.Status, ended.Type));
        return ended.Entities?["backup_id"] ?? "";
    }

    /// <summary>Follows <c>next</c> links as they stand, from the first page on, which is asked for twice.</summary>
    private static async Task<List<GoTypes.Backup>> WalkAsync(RawSession session, string first)
    {
        _ = await SendAsync<GoTypes.BackupPage>(session, HttpMethod.Get, first, 200);
        var all = new List<GoTypes.Backup>();
        for (var next = first; next is not null;)
        {
            var page = await SendAsync<GoTypes.BackupPage>(session, HttpMethod.Get, next, 200);
            all.AddRange(page.Items);
            next = page.Items.Length == 0 ? null : page.Links.FirstOrDefault(link => link.Rel == "next")?.Href;
        }

        return all;
    }

    /// <summary>Until it is 404, no other state than these two may be seen, or the provider gives up.</summary>
    private static async Task DestroyAsync(RawSession session, string backup) =>
        await ClientService.UntilAsync(
            async () =>
            {
                var (status, text) = await session.SendAsync(HttpMethod.Get, backup);
                if (status == 404)
                {
                    return true;
                }

                Assert.Equal(200, status);
                var state = GoTypes.Decode<GoTypes.OneBackup>(text).Item.Status;
                Assert.Contains(state, (string[])["available", "deleting"]);
                if (state == "deleting")
                {
                    return false;
                }

                var deleted = (await session.SendAsync(HttpMethod.Delete, backup)).Status;
                Assert.Contains(deleted, (int[])[202, 204, 404]);
                return deleted == 404;
            },
            "that the backup is gone"
        );

    private static async Task<T> SendAsync<T>(RawSession session, HttpMethod method, string address, int status, string? body = null)
    {
        var (answered, text) = await session.SendAsync(method, address, body);
        Assert.True(answered == status, $"{method} {address}: {answered} in place of {status}: {text}");
        return GoTypes.Decode<T>(text);
    }

    private static async Task RunAsync(RawSession session, HttpMethod method, string address, int status, string? body = null)
    {
        var (answered, text) = await session.SendAsync(method, address, body);
        Assert.True(answered == status, $"{method} {address}: {answered} in place of {status}: {text}");
    }

    private async Task<string> OtherProjectAsync()
    {
        using var domain = await RawSession.LogInAsync(service.Service.Identity, Domain);
        var (status, text) = await domain.SendAsync(
            HttpMethod.Post,
            $"{service.Service.Identity}/projects",
            """{"project":{"name":"recipient","domain_id":"default"}}"""
        );
        Assert.Equal(201, status);
        return JsonDocument.Parse(text).RootElement.GetProperty("project").GetProperty("id").GetString() ?? "";
    }

    private async Task<string> VolumeAsync() =>
        (await service.Service.RunAsync("volume", "show", "disk", "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
}
