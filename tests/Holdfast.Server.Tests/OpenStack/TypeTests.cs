namespace Holdfast.Server.Tests.OpenStack;

public sealed class TypeTests(TestServer server) : IClassFixture<TestServer>
{
    private async Task<IReadOnlyList<(string? Id, string? Name)>> TypesAsync() =>
        [
            .. (await server.SendAsync("GET", "/v3/{p}/types"))
                .Expect(200)
                .GetProperty("volume_types")
                .EnumerateArray()
                .Select(type => (type.GetProperty("id").GetString(), type.GetProperty("name").GetString())),
        ];

    [Fact]
    public async Task Types_and_zones_in_use_are_listed_beside_those_that_always_are_and_keep_their_ids()
    {
        var before = await TypesAsync();
        Assert.Equal(["__DEFAULT__", "SAS", "SATA", "SSD"], before.Select(type => type.Name));
        var body = """{"volume": {"size": 1, "volume_type": "my type", "availability_zone": "cellar"}}""";
        (await server.SendAsync("POST", "/v3/{p}/volumes", body)).Expect(202);

        var after = await TypesAsync();

        Assert.Equal(before, after.Take(before.Count));
        Assert.Equal("my type", after[^1].Name);
        Assert.Equal(
            """{"availabilityZoneInfo":[{"zoneName":"nova","zoneState":{"available":true}},"""
                + """{"zoneName":"cellar","zoneState":{"available":true}}]}""",
            (await server.SendAsync("GET", "/v3/{p}/os-availability-zone")).Expect(200).GetRawText()
        );
        var byId = $$"""{"volume": {"size": 1, "volume_type": "{{after[^1].Id}}"} }""";
        var made = (await server.SendAsync("POST", "/v3/{p}/volumes", byId)).Expect(202).GetProperty("volume");
        Assert.Equal("my type", made.GetProperty("volume_type").GetString());
        (await server.SendAsync("GET", $"/v3/{{p}}/types/{after[^1].Id}")).Expect(200);
        (await server.SendAsync("GET", $"/v3/{{p}}/types/{after[^1].Id}/extra_specs")).Expect(200);
        (await server.SendAsync("GET", $"/v3/{{p}}/types/{Guid.CreateVersion7()}")).Expect(404);
        Assert.Equal(
            "__DEFAULT__",
            (await server.SendAsync("GET", "/v3/{p}/types/default")).Expect(200).GetProperty("volume_type").GetProperty("name").GetString()
        );
    }

    [Fact]
    public async Task Volumes_are_summed_up_from_the_version_that_has_it()
    {
        var body = """{"volume": {"size": 3, "name": "summed", "metadata": {"a": "b"}}}""";
        (await server.SendAsync("POST", "/v3/{p}/volumes", body)).Expect(202);
        const string path = "/v3/{p}/volumes/summary?name=summed";
        (await server.SendAsync("GET", path, version: "volume 3.11")).Expect(404);
        Assert.Equal(
            """{"volume-summary":{"total_count":1,"total_size":3}}""",
            (await server.SendAsync("GET", path, version: "volume 3.12")).Expect(200).GetRawText()
        );
        Assert.Equal(
            """{"volume-summary":{"total_count":1,"total_size":3,"metadata":{"a":["b"]}}}""",
            (await server.SendAsync("GET", path, version: "volume 3.36")).Expect(200).GetRawText()
        );
    }
}
