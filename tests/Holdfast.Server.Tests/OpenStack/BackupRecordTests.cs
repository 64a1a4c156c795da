using System.Text;
using System.Text.Json.Nodes;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Records of backups, exported by one service and imported by another on the same repository.</summary>
public sealed class BackupRecordTests(TestServer server)
{
    private const string Import = "/v3/{p}/backups/import_record";
    private const string Nowhere = "00000000-0000-4000-8000-000000000000";

    [Fact]
    public async Task Another_service_on_the_repository_imports_what_was_exported_and_restores_it()
    {
        await using var first = await TestServer.StartAsync();
        var length = 300_000;
        var volume = await first.AddVolumeAsync("record_first", length);
        var backup = await first.BackUpAsync(volume, "record-first");
        var (service, url) = await ExportAsync(first, backup);
        await using var second = await TestServer.StartAsync(
            ("HOLDFAST_Repository__Path", Path.Combine(first.Folder, "data", "repository")),
            ("HOLDFAST_Repository__Key", Path.Combine(first.Folder, "data", "repository.key")),
            ("HOLDFAST_Repository__TakeOver", "true")
        );
        (await second.SendAsync("GET", $"/v3/{{p}}/backups/{backup}")).Expect(404);

        var made = (await second.SendAsync("POST", Import, Body(service, url))).Expect(201).GetProperty("backup");

        Assert.Equal(["id", "name", "links"], made.EnumerateObject().Select(member => member.Name).OrderBy(name => name.Length));
        Assert.Equal((backup, "record-first"), (made.GetProperty("id").GetString(), made.GetProperty("name").GetString()));
        var shown = (await second.SendAsync("GET", $"/v3/{{p}}/backups/{backup}")).Expect(200).GetProperty("backup");
        Assert.Equal(
            ("available", volume, 1),
            (shown.GetProperty("status").GetString(), shown.GetProperty("volume_id").GetString(), shown.GetProperty("size").GetInt32())
        );
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(first.Folder, "record_first.img"), TestContext.Current.CancellationToken),
            await RestoreAsync(second, backup)
        );
        Assert.Contains("already exists", Refusal(await second.SendAsync("POST", Import, Body(service, url))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_another_id_it_is_a_backup_of_its_own_and_either_outlives_the_other()
    {
        var volume = await server.AddVolumeAsync("record_twice", 250_000);
        var (first, second) = (await server.BackUpAsync(volume, "record-twice"), Guid.CreateVersion7().ToString());
        var (service, url) = await ExportAsync(server, first);

        (await server.SendAsync("POST", Import, Body(service, With(url, "id", second)))).Expect(201);
        (await server.SendAsync("DELETE", $"/v3/{{p}}/backups/{first}")).Expect(202);
        await TestServer.UntilAsync(
            async () => (await server.SendAsync("GET", $"/v3/{{p}}/backups/{first}")).Status == 404,
            () => "The backup is not deleted"
        );

        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(server.Folder, "record_twice.img"), TestContext.Current.CancellationToken),
            await RestoreAsync(server, second)
        );
        // It is kept for a while, and can be brought back.
        Assert.Contains("undelete", Refusal(await server.SendAsync("POST", Import, Body(service, url))), StringComparison.Ordinal);
        (await server.SendAsync("DELETE", $"/admin/v1/{{p}}/deleted-backups/{first}")).Expect(202);
        var manifest = Path.Combine(server.Folder, "data", "repository", "manifests", first);
        await TestServer.UntilAsync(() => Task.FromResult(!File.Exists(manifest)), () => "The backup is not gone for good");

        Assert.Contains("does not hold", Refusal(await server.SendAsync("POST", Import, Body(service, url))), StringComparison.Ordinal);

        // The volume goes on: its next backup has a number that none had.
        await server.BackUpAsync(volume, "record-next");
    }

    [Theory]
    [InlineData("id", "x", "'id'")]
    [InlineData("manifest", Nowhere, Nowhere)]
    [InlineData("manifest", null, "'manifest'")]
    [InlineData("repository", "0123456789abcdef0123456789abcdef", "repository")]
    [InlineData("version", 2, "version 1")]
    [InlineData("version", "1", "version 1")]
    [InlineData("secret", "x", "'secret'")]
    [InlineData("name", 7, "'name'")]
    public async Task A_record_that_says_something_else_is_refused_and_what_it_is_is_named(string member, object? value, string named)
    {
        var (service, url) = await ExportAsync(server, await server.BackUpAsync(await NewVolumeAsync(), "record-other"));
        var other = With(With(url, "id", Guid.CreateVersion7().ToString()), member, value);

        Assert.Contains(named, Refusal(await server.SendAsync("POST", Import, Body(service, other))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"backup-record": {"backup_service": "{s}"} }""", "'backup_url'")]
    [InlineData("""{"backup-record": {"backup_url": "{u}"} }""", "'backup_service'")]
    [InlineData("""{"backup-record": {"backup_service": "{s}", "backup_url": "{u}", "id": "x"} }""", "'id'")]
    [InlineData("""{"backup-record": {"backup_service": "cinder.backup.drivers.nfs", "backup_url": "{u}"} }""", "'backup_service'")]
    [InlineData("""{"backup-record": {"backup_service": "{s}", "backup_url": "nonsense"} }""", "'backup_url'")]
    [InlineData("""{"backup-record": {"backup_service": "{s}", "backup_url": "W10="} }""", "'backup_url'")]
    [InlineData("""{"backup_record": {} }""", "'backup-record'")]
    public async Task A_request_to_import_that_is_none_is_refused_and_the_member_is_named(string body, string named)
    {
        var (service, url) = await ExportAsync(server, await server.BackUpAsync(await NewVolumeAsync(), "record-none"));
        var text = body.Replace("{s}", service, StringComparison.Ordinal).Replace("{u}", url, StringComparison.Ordinal);

        Assert.Contains(named, Refusal(await server.SendAsync("POST", Import, text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_counts_against_the_quota()
    {
        await using var own = await TestServer.StartAsync(("HOLDFAST_Quotas__Backups", "1"));
        var (service, url) = await ExportAsync(own, await own.BackUpAsync(await own.AddVolumeAsync("full"), "full"));

        (await own.SendAsync("POST", Import, Body(service, With(url, "id", Guid.CreateVersion7().ToString())))).Expect(413);
    }

    private Task<string> NewVolumeAsync() => server.AddVolumeAsync($"record_{Guid.CreateVersion7():N}", 4096);

    private static async Task<(string Service, string Url)> ExportAsync(TestServer server, string backup)
    {
        var record = (await server.SendAsync("GET", $"/v3/{{p}}/backups/{backup}/export_record")).Expect(200).GetProperty("backup-record");
        Assert.Equal(2, record.EnumerateObject().Count());
        var service = record.GetProperty("backup_service").GetString() ?? "";
        Assert.StartsWith("cinder.backup.drivers", service, StringComparison.Ordinal);
        return (service, record.GetProperty("backup_url").GetString() ?? "");
    }

    private static string Body(string service, string url) =>
        $$"""{"backup-record": {"backup_service": "{{service}}", "backup_url": "{{url}}"} }""";

    /// <summary>A record's text with another value of a member.</summary>
    internal static string With(string url, string member, object? value)
    {
        var record = JsonNode.Parse(Convert.FromBase64String(url))?.AsObject() ?? [];
        record[member] = value switch
        {
            null => null,
            int number => JsonValue.Create(number),
            _ => JsonValue.Create((string)value),
        };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(record.ToJsonString()));
    }

    private static string Refusal(Answer answer) => answer.Expect(400).GetProperty("badRequest").GetProperty("message").GetString() ?? "";

    /// <summary>What a restore to a file writes.</summary>
    private static async Task<byte[]> RestoreAsync(TestServer server, string backup)
    {
        var target = Path.Combine(server.Folder, $"{backup}.img");
        var job = (await server.SendAsync("POST", $"/admin/v1/{{p}}/backups/{backup}/restore", $$"""{"target": "{{target}}"}"""))
            .Expect(202)
            .GetProperty("job_id")
            .GetString();
        await server.WaitForJobAsync(job ?? "", "SUCCESS");
        return await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken);
    }
}
