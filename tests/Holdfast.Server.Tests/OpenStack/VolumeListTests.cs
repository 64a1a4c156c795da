using System.Text.Json;
using Holdfast.Server.OpenStack;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Order, place and filters of lists of volumes. Each test marks its volumes by their description.</summary>
public sealed class VolumeListTests(TestServer server)
{
    public static TheoryData<string> Keys =>
        ["id", "status", "size", "availability_zone", "name", "display_name", "bootable", "created_at", "updated_at", "reference"];

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task Every_sort_key_that_cinder_offers_orders_volumes_and_pages_of_them(string key)
    {
        var mark = await ThreeAsync();
        foreach (var path in (string[])["/v2/{p}/volumes", "/v3/{p}/volumes/detail"])
        {
            var (up, down) = (
                await server.PagesAsync($"{path}?description={mark}&limit=1&sort={key}:asc", "volumes"),
                await server.PagesAsync($"{path}?description={mark}&limit=1&sort_key={key}&sort_dir=desc", "volumes")
            );
            Assert.Equal(["list-a", "list-b", "list-c"], up.Order());
            if (key is "id" or "name" or "display_name" or "created_at" or "updated_at" or "size")
            {
                Assert.Equal(["list-a", "list-b", "list-c"], up);
                Assert.Equal(up.Reverse(), down);
            }
        }
    }

    /// <summary>Letters with marks of their own and letters that are one look the same; a client that sent the one does not find the
    /// other.</summary>
    [Theory]
    [InlineData("cafe\u0301", "caf\u00e9")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("a\u200db", "ab")]
    [InlineData("\ud83d\udc69\u200d\ud83d\udcbb", "\ud83d\udc69")]
    [InlineData("\u202eabc", "abc")]
    public async Task A_name_is_kept_character_by_character_and_found_by_no_other_spelling(string name, string other)
    {
        var mark = $"{Guid.CreateVersion7():N}";
        var body = JsonSerializer.Serialize(
            new
            {
                volume = new
                {
                    size = 1,
                    name,
                    description = mark,
                },
            }
        );
        (await server.SendAsync("POST", "/v3/{p}/volumes", body)).Expect(202);

        Assert.Equal([name], await NamedAsync("name", name));
        Assert.Equal([name], await NamedAsync("name~", name[1..].TrimStart('\udc69')));
        Assert.Empty(await NamedAsync("name", other));

        async Task<IReadOnlyList<string?>> NamedAsync(string filter, string value)
        {
            var query = $"description={mark}&{Uri.EscapeDataString(filter)}={Uri.EscapeDataString(value)}";
            var (answer, _) = await server.AskAsync($"/v3/{{p}}/volumes/detail?{query}", "volume 3.45");
            return [.. answer.GetProperty("volumes").EnumerateArray().Select(volume => volume.GetProperty("name").GetString())];
        }
    }

    [Theory]
    [InlineData("name=list-b", "list-b")]
    [InlineData("size=2", "list-b")]
    [InlineData("size=two")]
    [InlineData("status=available&name=list-a", "list-a")]
    [InlineData("status=in-use")]
    [InlineData("bootable=true")]
    [InlineData("bootable=False&name=list-a", "list-a")]
    [InlineData("volume_type=fast")]
    [InlineData("availability_zone=mars")]
    [InlineData("availability_zone=nova&name=list-a", "list-a")]
    [InlineData("metadata={'n': \"b's\"}", "list-b")]
    [InlineData("metadata={\"n\":\"b's\"}", "list-b")]
    [InlineData("metadata={'n': 'a'}", "list-a")]
    [InlineData("metadata={'n': 'x'}")]
    [InlineData("metadata={'n': 1}")]
    [InlineData("metadata=n")]
    [InlineData("metadata={}&name=list-a", "list-a")]
    [InlineData("name~=st-c", "list-c")]
    [InlineData("status~=vail&name~=-c", "list-c")]
    [InlineData("nonsense=1&name=list-a", "list-a")]
    public async Task A_volume_passes_by_the_members_that_it_has(string query, params string[] names)
    {
        var mark = await ThreeAsync();
        var (answer, _) = await server.AskAsync($"/v3/{{p}}/volumes/detail?description={mark}&with_count=1&{query}", "volume 3.45");
        Assert.Equal(names, answer.GetProperty("volumes").EnumerateArray().Select(volume => volume.GetProperty("name").GetString()));
        Assert.Equal(names.Length, answer.GetProperty("count").GetInt64());
    }

    [Theory]
    [InlineData("bootable=perhaps", 400)]
    [InlineData("sort=nonsense", 400)]
    [InlineData("sort=name:asc,", 200)]
    [InlineData("limit=0", 200)]
    [InlineData("limit=-1", 400)]
    [InlineData("offset=99999999999999999999", 200)]
    [InlineData("marker=x", 404)]
    [InlineData("marker=11111111-1111-1111-1111-111111111111", 404)]
    public async Task A_query_of_a_list_is_taken_or_refused(string query, int status) =>
        Assert.Equal(status, (await server.SendAsync("GET", $"/v3/{{p}}/volumes?{query}")).Status);

    [Fact]
    public async Task The_place_is_counted_from_the_marker_and_parts_are_for_3_31_and_above()
    {
        var mark = await ThreeAsync();
        var list = $"/v3/{{p}}/volumes/detail?description={mark}&sort=name:asc";
        var ids = (await server.AskAsync(list, ""))
            .Answer.GetProperty("volumes")
            .EnumerateArray()
            .Select(volume => volume.GetProperty("id").GetString())
            .ToList();
        async Task<IEnumerable<string?>> NamesAsync(string path, string version = "volume 3.45") =>
            [
                .. (await server.AskAsync(path, version))
                    .Answer.GetProperty("volumes")
                    .EnumerateArray()
                    .Select(volume => volume.GetProperty("name").GetString()),
            ];

        Assert.Equal(["list-b", "list-c"], await NamesAsync($"{list}&marker={ids[0]}"));
        Assert.Equal(["list-c"], await NamesAsync($"{list}&marker={ids[0]}&offset=1"));
        Assert.Equal(["list-c"], await NamesAsync($"{list}&marker={ids[0]}&name=list-c"));
        Assert.Empty(await NamesAsync($"{list}&marker={ids[2]}"));
        Assert.Equal(3, (await NamesAsync($"{list}&name~=st-c", "volume 3.30")).Count());
        Assert.Equal(3, (await NamesAsync(list.Replace("/v3/", "/v2/", StringComparison.Ordinal) + "&name~=st-c")).Count());
        Assert.False((await server.AskAsync($"{list}&with_count=1", "volume 3.44")).Answer.TryGetProperty("count", out _));
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData(" { 'a' : 'b' , \"c\":'d' } ", "a=b c=d")]
    [InlineData(@"{'it\'s': 'a\\b\x41\u0042\U00000043\n'}", "it's=a\\bABC\n")]
    [InlineData(@"{""\ud83d\ude00"": ""\/""}", "😀=/")]
    [InlineData("{'a': None}", null)]
    [InlineData("{'a'}", null)]
    [InlineData("{'a': 'b'", null)]
    [InlineData("{'a': 'b'} x", null)]
    [InlineData("{'a': 'b' 'c': 'd'}", null)]
    [InlineData("{'a': 'b", null)]
    [InlineData(@"{'a': 'b\", null)]
    [InlineData(@"{'a': '\q'}", null)]
    [InlineData(@"{'a': '\u12'}", null)]
    [InlineData(@"{'a': '\UFFFFFFFF'}", null)]
    [InlineData("['a']", null)]
    [InlineData("", null)]
    public void Texts_by_texts_are_read_as_json_and_as_python_writes_them(string text, string? expected)
    {
        var found = TextDictionary.Parse(text);
        Assert.Equal(expected, found is null ? null : string.Join(' ', found.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    /// <summary>Volumes list-a to list-c, of 1 to 3 GiB.</summary>
    private async Task<string> ThreeAsync()
    {
        var mark = $"list_{Guid.CreateVersion7():N}";
        foreach (var (name, size) in ((string, int)[])[("a", 1), ("b", 2), ("c", 3)])
        {
            var volume = new
            {
                volume = new
                {
                    size,
                    name = $"list-{name}",
                    description = mark,
                    metadata = new Dictionary<string, string> { ["n"] = name == "b" ? "b's" : name, ["other"] = "x" },
                },
            };
            (await server.SendAsync("POST", "/v3/{p}/volumes", JsonSerializer.Serialize(volume))).Expect(202);
            await NextMillisecondAsync();
        }

        return mark;
    }

    /// <summary>Two volumes that are made in one millisecond have no order in which they were made.</summary>
    private static async Task NextMillisecondAsync()
    {
        for (var now = Now(); Now() <= now;)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    }
}
