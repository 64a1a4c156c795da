using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>What may be done to one volume, and who may.</summary>
public sealed class VolumeChangeTests(TestServer server)
{
    [Fact]
    public async Task A_change_answers_what_the_volume_is_from_then_on()
    {
        var volume = await MakeAsync("change");
        var changed = (
            await server.SendAsync(
                "PUT",
                $"/v3/{{p}}/volumes/{volume}",
                """{"volume": {"name": "changed", "description": "d", "metadata": {"a": "b"}} }"""
            )
        ).Expect(200);
        var shown = (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Expect(200).GetProperty("volume");
        Assert.Equal(
            shown
                .EnumerateObject()
                .Where(member => !member.Name.StartsWith("os-vol-", StringComparison.Ordinal))
                .Select(member => $"{member}"),
            changed.GetProperty("volume").EnumerateObject().Select(member => $"{member}")
        );
        Assert.Equal("changed", changed.GetProperty("volume").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Metadata_is_added_to_replaced_and_removed_key_by_key()
    {
        var path = $"/v3/{{p}}/volumes/{await MakeAsync("metadata")}/metadata";
        async Task IsAsync(string expected, string method, string? body) =>
            Assert.Equal($$"""{"metadata":{{expected}}}""", (await server.SendAsync(method, path, body)).Expect(200).GetRawText());

        await IsAsync("{}", "GET", null);
        await IsAsync("""{"a":"1","b":"2"}""", "POST", """{"metadata": {"a": "1", "b": "2"} }""");
        await IsAsync("""{"a":"1","b":"3","c d/e":"4"}""", "POST", """{"metadata": {"b": "3", "c d/e": "4"} }""");
        (await server.SendAsync("DELETE", $"{path}/a")).Expect(200);
        (await server.SendAsync("DELETE", $"{path}/a")).Expect(404);
        await IsAsync("""{"b":"3","c d/e":"4"}""", "GET", null);
        await IsAsync("""{"z":""}""", "PUT", """{"metadata": {"z": ""} }""");
        await IsAsync("""{"z":""}""", "POST", """{"metadata": {} }""");
        (await server.SendAsync("POST", path, "{}")).Expect(400);
        (await server.SendAsync("POST", path, """{"metadata": {"a": 1} }""")).Expect(400);
        (
            await server.SendAsync(
                "POST",
                path,
                JsonSerializer.Serialize(new { metadata = Enumerable.Range(0, 128).ToDictionary(i => $"k{i}", i => "v") })
            )
        ).Expect(400);
        await IsAsync("""{"z":""}""", "GET", null);
    }

    [Theory]
    [InlineData("""{"os-set_bootable": {"bootable": false}}""", 200)]
    [InlineData("""{"os-set_bootable": {"bootable": true}}""", 400)]
    [InlineData("""{"os-set_bootable": {}}""", 400)]
    [InlineData("""{"os-update_readonly_flag": {"readonly": false}}""", 202)]
    [InlineData("""{"os-update_readonly_flag": {"readonly": true}}""", 400)]
    [InlineData("""{"os-extend": {"new_size": 1}}""", 400)]
    [InlineData("""{"os-extend": {"new_size": 99999}}""", 400)]
    [InlineData("""{"os-reset_status": {"status": "in-use"}}""", 400)]
    [InlineData("""{"os-attach": {"mountpoint": "/dev/vdb"}}""", 400)]
    [InlineData("{}", 400)]
    public async Task An_action_is_taken_or_refused_and_the_volume_stays(string body, int status)
    {
        var volume = await MakeAsync("acted");
        var answer = await server.SendAsync("POST", $"/v3/{{p}}/volumes/{volume}/action", body);
        answer.Expect(status);
        Assert.True(
            status < 400
                || answer.Json.GetProperty("badRequest").GetProperty("message").GetString()?.Contains('\'', StringComparison.Ordinal)
                    == true
                || answer.Text.Contains("os-unmanage", StringComparison.Ordinal),
            answer.Text
        );
        (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Expect(200);
    }

    [Fact]
    public async Task A_volume_is_deleted_by_force_only_when_it_may_be_deleted()
    {
        var (made, registered) = (await MakeAsync("forced"), await server.AddVolumeAsync("registered_forced"));
        (await server.SendAsync("POST", $"/v2/{{p}}/volumes/{made}/action", """{"os-force_delete": null}""")).Expect(202);
        (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{made}")).Expect(404);
        (await server.SendAsync("POST", $"/v3/{{p}}/volumes/{registered}/action", """{"os-force_delete": {}}""")).Expect(400);
        (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{registered}")).Expect(200);
    }

    [Fact]
    public async Task A_member_acts_on_a_volume_but_only_an_admin_forgets_one_and_sees_where_its_device_is()
    {
        var (member, _) = await server.MakeCallerAsync("volume_member", Role.Member, "default");
        var volume = await server.AddVolumeAsync("volume_of_member");
        var action = $"/v3/{{p}}/volumes/{volume}/action";
        (await server.SendAsync("POST", action, """{"os-set_bootable": {"bootable": false}}""", member)).Expect(200);
        (await server.SendAsync("POST", action, """{"os-unmanage": {}}""", member)).Expect(403);
        foreach (var (token, kind) in ((string, JsonValueKind)[])[(member, JsonValueKind.Null), (server.Token, JsonValueKind.String)])
        {
            Assert.Equal(
                kind,
                (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}", token: token, own: true))
                    .Expect(200)
                    .GetProperty("volume")
                    .GetProperty("holdfast:source")
                    .ValueKind
            );
            Assert.Equal(
                kind,
                (await server.SendAsync("GET", "/v3/{p}/volumes/detail?name=volume_of_member", token: token, own: true))
                    .Expect(200)
                    .GetProperty("volumes")[0]
                    .GetProperty("holdfast:source")
                    .ValueKind
            );
        }

        (await server.SendAsync("POST", action, """{"os-unmanage": {}}""")).Expect(202);
        (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Expect(404);
    }

    [Fact]
    public async Task An_admin_says_that_another_device_is_the_volume_and_sees_what_identifies_it()
    {
        const string Accept = """{"volume": {"holdfast:accept_device": true} }""";
        var (member, _) = await server.MakeCallerAsync("accept_member", Role.Member, "default");
        var path = $"/v3/{{p}}/volumes/{await server.AddVolumeAsync("accepted")}";
        var before = (await server.SendAsync("GET", path, own: true)).Expect(200).GetProperty("volume");
        Assert.Equal("file", before.GetProperty("holdfast:identity").GetProperty("kind").GetString());
        var toMember = (await server.SendAsync("GET", path, token: member, own: true)).Expect(200).GetProperty("volume");
        Assert.Equal(JsonValueKind.Null, toMember.GetProperty("holdfast:identity").ValueKind);
        var file = new Uri(before.GetProperty("holdfast:source").GetString() ?? "").LocalPath;
        File.WriteAllBytes(file, new byte[12_288]);

        (await server.SendAsync("PUT", path, Accept, member)).Expect(403);
        (await server.SendAsync("PUT", path, """{"volume": {"name": "kept", "holdfast:accept_device": "maybe"} }""")).Expect(400);
        Assert.NotEqual(12_288, (await SizesAsync()).Volume);
        (await server.SendAsync("PUT", path, Accept)).Expect(200);
        Assert.Equal((12_288, 12_288), await SizesAsync());

        File.Delete(file);
        (await server.SendAsync("PUT", path, """{"volume": {"name": "gone", "holdfast:accept_device": true} }""")).Expect(400);
        Assert.Equal("accepted", (await server.SendAsync("GET", path)).Expect(200).GetProperty("volume").GetProperty("name").GetString());

        async Task<(long Volume, long Identity)> SizesAsync()
        {
            var volume = (await server.SendAsync("GET", path, own: true)).Expect(200).GetProperty("volume");
            return (
                volume.GetProperty("holdfast:size_bytes").GetInt64(),
                volume.GetProperty("holdfast:identity").GetProperty("size").GetInt64()
            );
        }
    }

    [Theory]
    [InlineData("volume_type", "\"a\\u0007\"", "'volume_type'")]
    [InlineData("availability_zone", "1", "'availability_zone'")]
    [InlineData("colour", "\"red\"", "'colour'")]
    [InlineData("multiattach", "true", "'multiattach'")]
    [InlineData("volume_type", "\"\"", null)]
    [InlineData("volume_type", "null", null)]
    [InlineData("availability_zone", "\"nova\"", null)]
    [InlineData("availability_zone", "\"\"", null)]
    [InlineData("multiattach", "false", null)]
    public async Task What_a_volume_cannot_be_is_refused_by_its_value(string member, string value, string? named)
    {
        var answer = await server.SendAsync(
            "POST",
            "/v3/{p}/volumes",
            $$"""{"volume": {"size": 1, "name": "kinds", "{{member}}": {{value}} } }"""
        );
        var told = answer.Expect(named is null ? 202 : 400);
        Assert.True(
            named is null
                || told.GetProperty("badRequest").GetProperty("message").GetString()?.Contains(named, StringComparison.Ordinal) == true,
            answer.Text
        );
    }

    [Fact]
    public async Task A_volume_is_shown_by_its_id_or_by_the_name_that_it_alone_has()
    {
        var (name, twice) = ($"shown_{Guid.CreateVersion7():N}", $"twice_{Guid.CreateVersion7():N}");
        var (volume, _, _) = (await MakeAsync(name), await MakeAsync(twice), await MakeAsync(twice));
        async Task<string?> IdAsync(string asked) =>
            (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{asked}")).Expect(200).GetProperty("volume").GetProperty("id").GetString();

        Assert.Equal(volume, await IdAsync(name));
        var namesake = await MakeAsync(volume);
        Assert.Equal(volume, await IdAsync(volume));
        Assert.NotEqual(volume, namesake);
        (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{twice}")).Expect(404);
        (await server.SendAsync("DELETE", $"/v3/{{p}}/volumes/{name}")).Expect(404);
        await MakeAsync("summary");
        Assert.Contains(
            "summary",
            (await server.SendAsync("GET", "/v3/{p}/volumes/summary"))
                .Expect(404)
                .GetProperty("itemNotFound")
                .GetProperty("message")
                .GetString(),
            StringComparison.Ordinal
        );
    }

    private async Task<string> MakeAsync(string name) =>
        (await server.SendAsync("POST", "/v3/{p}/volumes", $$"""{"volume": {"size": 1, "name": "{{name}}"} }"""))
            .Expect(202)
            .GetProperty("volume")
            .GetProperty("id")
            .GetString()
        ?? "";
}
