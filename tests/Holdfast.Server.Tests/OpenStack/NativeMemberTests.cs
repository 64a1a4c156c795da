using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Which members native answers have: Cinder's at each microversion, no more and no less.</summary>
public sealed class NativeMemberTests(TestServer server)
{
    private const string VolumeFacts =
        "attachments availability_zone bootable consistencygroup_id created_at description encrypted id links metadata multiattach name "
            + "replication_status size snapshot_id source_volid status updated_at user_id volume_type";
    private const string OfAdmin = " migration_status";
    private const string Tenant = " os-vol-tenant-attr:tenant_id";
    private const string Extended = Tenant + " os-vol-host-attr:host os-vol-mig-status-attr:migstat os-vol-mig-status-attr:name_id";
    private const string BackupFacts =
        "availability_zone container created_at data_timestamp description fail_reason has_dependent_backups id is_incremental links name "
            + "object_count size snapshot_id status updated_at volume_id";

    public static TheoryData<string, string?, bool, string> OfVolumes =>
        new()
        {
            { "v2", null, true, VolumeFacts + OfAdmin + Extended },
            { "v3", null, true, VolumeFacts + OfAdmin + Extended },
            { "v3", "volume 3.12", true, VolumeFacts + OfAdmin + Extended },
            { "v3", "volume 3.13", true, VolumeFacts + OfAdmin + Extended + " group_id" },
            { "v3", "volume 3.20", true, VolumeFacts + OfAdmin + Extended + " group_id" },
            { "v3", "volume 3.21", true, VolumeFacts + OfAdmin + Extended + " group_id provider_id" },
            { "v3", "volume 3.45", true, VolumeFacts + OfAdmin + Extended + " group_id provider_id" },
            { "v2", null, false, VolumeFacts + Tenant },
            { "v3", null, false, VolumeFacts + Tenant },
            { "v3", "volume 3.45", false, VolumeFacts + Tenant + " group_id" },
        };

    public static TheoryData<string, string?, bool, string> OfBackups =>
        new()
        {
            { "v2", null, true, BackupFacts + " service_metadata os-bak-tenant-attr:tenant_id" },
            { "v3", null, true, BackupFacts },
            { "v3", "volume 3.17", true, BackupFacts },
            { "v3", "volume 3.18", true, BackupFacts + " os-backup-project-attr:project_id" },
            { "v3", "volume 3.42", true, BackupFacts + " os-backup-project-attr:project_id" },
            { "v3", "volume 3.43", true, BackupFacts + " os-backup-project-attr:project_id metadata" },
            { "v3", "volume 3.45", false, BackupFacts + " metadata" },
        };

    [Theory]
    [MemberData(nameof(OfVolumes))]
    public async Task A_volume_has_the_members_of_its_version_and_no_other(string path, string? version, bool isAdmin, string members)
    {
        var token = await TokenAsync(isAdmin);
        var body = """{"volume": {"size": 1}}""";
        var made = (await server.SendAsync("POST", $"/{path}/{{p}}/volumes", body, token, version: version)).Expect(202);
        var at = $"/{path}/{{p}}/volumes/{made.GetProperty("volume").GetProperty("id").GetString()}";
        var shown = (await server.SendAsync("GET", at, token: token, version: version)).Expect(200).GetProperty("volume");
        var listed = (await server.SendAsync("GET", $"/{path}/{{p}}/volumes/detail", token: token, version: version)).Expect(200);
        var changed = (await server.SendAsync("PUT", at, """{"volume": {"description": "d"}}""", token, version: version)).Expect(200);

        Assert.Equal(Sorted(members), NamesOf(shown));
        Assert.Equal(Sorted(members), NamesOf(listed.GetProperty("volumes")[0]));
        var few = members.Split(' ').Where(name => !name.StartsWith("os-vol-", StringComparison.Ordinal));
        Assert.Equal(few.Order(StringComparer.Ordinal), NamesOf(made.GetProperty("volume")));
        Assert.Equal(few.Order(StringComparer.Ordinal), NamesOf(changed.GetProperty("volume")));
        Assert.Equal(JsonValueKind.Null, made.GetProperty("volume").GetProperty("updated_at").ValueKind);
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("name").ValueKind);
        Assert.NotEqual("", shown.GetProperty("user_id").GetString());
        Assert.True(!isAdmin || shown.GetProperty("os-vol-host-attr:host").GetString() == "holdfast@local#local");
    }

    [Theory]
    [MemberData(nameof(OfBackups))]
    public async Task A_backup_has_the_members_of_its_version_and_no_other(string path, string? version, bool isAdmin, string members)
    {
        var token = await TokenAsync(isAdmin);
        var volume = await server.AddVolumeAsync($"members_{Guid.CreateVersion7():N}");
        var backup = await server.BackUpAsync(volume, "members");
        var shown = (await server.SendAsync("GET", $"/{path}/{{p}}/backups/{backup}", token: token, version: version)).Expect(200);
        var listed = (await server.SendAsync("GET", $"/{path}/{{p}}/backups/detail", token: token, version: version)).Expect(200);

        Assert.Equal(Sorted(members), NamesOf(shown.GetProperty("backup")));
        Assert.Equal(Sorted(members), NamesOf(listed.GetProperty("backups")[0]));
        Assert.Equal(0, shown.GetProperty("backup").GetProperty("object_count").GetInt32());
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("false", false)]
    [InlineData("1", false)]
    [InlineData(null, false)]
    public async Task Members_of_ours_are_in_answers_only_where_they_are_asked_for(string? header, bool areThere)
    {
        var volume = await server.AddVolumeAsync($"own_{Guid.CreateVersion7():N}");
        var backup = await server.BackUpAsync(volume, "own");
        foreach (var path in (string[])[$"volumes/{volume}", "volumes/detail", $"backups/{backup}", "backups/detail"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v3/{server.Project}/{path}");
            request.Headers.Add("X-Auth-Token", server.Token);
            if (header is not null)
            {
                request.Headers.Add("Holdfast-Members", header);
            }

            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(areThere, text.Contains("\"holdfast:", StringComparison.Ordinal));
            Assert.Equal("OpenStack-API-Version, Holdfast-Members", string.Join(", ", response.Headers.GetValues("Vary")));
        }
    }

    private static IEnumerable<string> Sorted(string members) => members.Split(' ').Order(StringComparer.Ordinal);

    private static IEnumerable<string> NamesOf(JsonElement shown) =>
        shown.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal);

    private async Task<string> TokenAsync(bool isAdmin) =>
        isAdmin ? server.Token : (await server.MakeCallerAsync($"m{Guid.CreateVersion7():N}", Role.Member, "default")).Token;
}
