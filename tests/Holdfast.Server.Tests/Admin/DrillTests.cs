using System.Text.Json;

namespace Holdfast.Server.Tests.Admin;

/// <summary>Restore drills over HTTP: real volumes, a real repository in a folder, and what somebody does to its files.</summary>
public sealed class DrillTests
{
    [Fact]
    public async Task A_drill_of_a_volume_is_ordered_proven_and_told_with_the_volume()
    {
        await using var server = await TestServer.StartAsync();
        var volume = await server.AddVolumeAsync("data");
        var backup = await server.BackUpAsync(volume, "first");
        Assert.Equal(JsonValueKind.Null, (await VolumeAsync(server, volume)).GetProperty("holdfast:last_proof").ValueKind);

        var ordered = await OrderAsync(server, volume);
        var drill = await EndAsync(server, ordered);

        Assert.Equal("proven", drill.GetProperty("status").GetString());
        Assert.Equal(backup, drill.GetProperty("backup_id").GetString());
        Assert.Equal(200_000, drill.GetProperty("bytes_verified").GetInt64());
        Assert.True(drill.GetProperty("by_hand").GetBoolean());
        var proof = (await VolumeAsync(server, volume)).GetProperty("holdfast:last_proof");
        Assert.Equal(backup, proof.GetProperty("backup_id").GetString());
        Assert.Equal(drill.GetProperty("ended_at").GetString(), proof.GetProperty("at").GetString());
        Assert.False(
            (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}"))
                .Expect(200)
                .GetProperty("volume")
                .TryGetProperty("holdfast:last_proof", out _)
        );
        var listed = (await server.SendAsync("GET", $"/admin/v1/{{p}}/drills?volume_id={volume}&limit=1")).Expect(200);
        Assert.Equal(drill.GetRawText(), Assert.Single(listed.GetProperty("drills").EnumerateArray()).GetRawText());
    }

    [Fact]
    public async Task A_pack_that_somebody_changed_is_named_and_the_backup_has_its_verdict()
    {
        await using var server = await TestServer.StartAsync();
        var volume = await server.AddVolumeAsync("data");
        var backup = await server.BackUpAsync(volume, "first");
        var packs = Path.Combine(server.Folder, "data", "repository", "data");
        var pack = Assert.Single(Directory.GetFiles(packs, "*", SearchOption.AllDirectories));
        File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var file = File.Open(pack, FileMode.Open))
        {
            file.Position = 1000;
            var was = file.ReadByte();
            file.Position = 1000;
            file.WriteByte((byte)(was ^ 0xff));
        }

        var drill = await EndAsync(server, await OrderAsync(server, volume));

        Assert.Equal("damaged", drill.GetProperty("status").GetString());
        Assert.Contains(Path.GetFileName(pack), drill.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("of the volume", drill.GetProperty("reason").GetString(), StringComparison.Ordinal);
        var verdict = (await server.SendAsync("GET", $"/v3/{{p}}/backups/{backup}", own: true))
            .Expect(200)
            .GetProperty("backup")
            .GetProperty("holdfast:last_verdict");
        Assert.Equal(("drill", false), (verdict.GetProperty("by").GetString(), verdict.GetProperty("ok").GetBoolean()));
        Assert.DoesNotContain(server.Folder, verdict.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_ordered_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        var volume = await server.AddVolumeAsync("empty");
        var nobody = "00000000-0000-7000-8000-000000000001";
        foreach (
            var (status, body) in ((int, string)[])
                [
                    (400, "{}"),
                    (400, $$"""{"volume_id": "{{volume}}", "all": true}"""),
                    (400, """{"all": "yes"}"""),
                    (404, """{"volume_id": "data"}"""),
                    (404, $$"""{"volume_id": "{{nobody}}"}"""),
                    (409, $$"""{"volume_id": "{{volume}}"}"""),
                ]
        )
        {
            (await server.SendAsync("POST", "/admin/v1/{p}/drills", body)).Expect(status);
        }

        var none = (await server.SendAsync("POST", "/admin/v1/{p}/drills", """{"all": true}""")).Expect(202);
        Assert.Empty(none.GetProperty("drills").EnumerateArray());
        (await server.SendAsync("GET", $"/admin/v1/{{p}}/drills/{nobody}")).Expect(404);
        (await server.SendAsync("GET", "/admin/v1/{p}/drills?limit=x")).Expect(400);
    }

    private static async Task<string> OrderAsync(TestServer server, string volume) =>
        Assert
            .Single(
                (await server.SendAsync("POST", "/admin/v1/{p}/drills", $$"""{"volume_id": "{{volume}}"}"""))
                    .Expect(202)
                    .GetProperty("drills")
                    .EnumerateArray()
            )
            .GetProperty("id")
            .GetString()
        ?? "";

    private static async Task<JsonElement> EndAsync(TestServer server, string id)
    {
        var drill = default(JsonElement);
        await TestServer.UntilAsync(
            async () =>
            {
                drill = (await server.SendAsync("GET", $"/admin/v1/{{p}}/drills/{id}")).Expect(200).GetProperty("drill");
                return drill.GetProperty("status").GetString() is not ("ordered" or "running");
            },
            () => "The drill has not ended"
        );
        return drill;
    }

    private static async Task<JsonElement> VolumeAsync(TestServer server, string volume) =>
        (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}", own: true)).Expect(200).GetProperty("volume");
}
