namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Volumes and their metadata by the cloud's names.</summary>
public sealed class CloudVolumeTests(TestServer server)
{
    [Fact]
    public async Task Tags_of_a_volume_are_its_metadata_and_are_replaced_as_a_whole()
    {
        var volume = await server.AddVolumeAsync($"cloud_{Guid.CreateVersion7():N}");
        var tags = $"/v2/{{p}}/os-vendor-tags/volumes/{volume}";

        (await server.SendAsync("PUT", tags, """{"tags":{"a":"1"}}""")).Expect(200);
        Assert.Equal("""{"tags":{"b":"2"}}""", (await server.SendAsync("PUT", tags, """{"tags":{"b":"2"}}""")).Expect(200).GetRawText());
        Assert.Equal("""{"tags":{"b":"2"}}""", (await server.SendAsync("GET", tags)).Expect(200).GetRawText());

        var native = (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Expect(200).GetProperty("volume");
        Assert.Equal("""{"b":"2"}""", native.GetProperty("metadata").GetRawText());
        Assert.False(native.TryGetProperty("tags", out _));
        var cloud = (await server.SendAsync("GET", $"/v2/{{p}}/cloudvolumes/{volume}")).Expect(200).GetProperty("volume");
        Assert.Equal("""{"b":"2"}""", cloud.GetProperty("tags").GetRawText());

        (await server.SendAsync("PUT", tags, """{"other":{}}""")).Expect(400);
        (await server.SendAsync("PUT", $"/v2/{{p}}/os-vendor-tags/volumes/{Guid.Empty}", """{"tags":{}}""")).Expect(404);
    }

    [Theory]
    [InlineData("cloudvolumes")]
    [InlineData("cloudvolumes/detail")]
    public async Task The_cloud_s_lists_count_all_and_show_tags(string path)
    {
        var name = $"cloud_{Guid.CreateVersion7():N}";
        await server.AddVolumeAsync(name);

        var answer = (await server.SendAsync("GET", $"/v2/{{p}}/{path}?name={name}")).Expect(200);

        Assert.Equal(1, answer.GetProperty("count").GetInt32());
        Assert.Equal("{}", Assert.Single(answer.GetProperty("volumes").EnumerateArray()).GetProperty("tags").GetRawText());
    }
}
