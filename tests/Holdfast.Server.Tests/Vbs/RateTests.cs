using Holdfast.Engine;
using Holdfast.Server.Admin;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Vbs;

/// <summary>Bytes a second, set while the service runs.</summary>
public sealed class RateTests
{
    private const string Path = "/admin/v1/{p}/limits";

    [Fact]
    public async Task What_is_set_holds_at_once_and_what_is_not_given_stays()
    {
        await using var server = await TestServer.StartAsync(("HOLDFAST_Limits__StoreReadBytesPerSecond", "7"));
        var limits = server.Server.Services.GetRequiredService<Repository>().Limits;

        (await server.SendAsync("PUT", Path, """{"read_bytes_per_second": 1000}""")).Expect(200);
        var now = (await server.SendAsync("PUT", Path, """{"store_write_bytes_per_second": 2000}""")).Expect(200);

        Assert.Equal(
            (1000, 2000, 7),
            (limits.VolumeRead.BytesPerSecond, limits.StoreWrite.BytesPerSecond, limits.StoreRead.BytesPerSecond)
        );
        Assert.Equal(1000, now.GetProperty("read_bytes_per_second").GetInt64());
        Assert.True(now.GetProperty("in_force").GetBoolean());
        (await server.SendAsync("PUT", Path, """{"read_bytes_per_second": 0}""")).Expect(200);
        Assert.Equal(0, limits.VolumeRead.BytesPerSecond);
    }

    [Fact]
    public async Task With_hours_they_hold_in_these_hours_only()
    {
        await using var server = await TestServer.StartAsync();
        var limits = server.Server.Services.GetRequiredService<Repository>().Limits;
        var now = TimeOnly.FromTimeSpan(TimeProvider.System.GetUtcNow().TimeOfDay);
        string Hours(int from, int to) => new DailyHours(now.AddHours(from), now.AddHours(to)).ToString();

        var outside = await server.SendAsync("PUT", Path, $$"""{"read_bytes_per_second": 1000, "hours": "{{Hours(5, 9)}}"}""");
        Assert.False(outside.Expect(200).GetProperty("in_force").GetBoolean());
        Assert.Equal(0, limits.VolumeRead.BytesPerSecond);

        (await server.SendAsync("PUT", Path, $$"""{"hours": "{{Hours(-5, 5)}}"}""")).Expect(200);
        Assert.Equal(1000, limits.VolumeRead.BytesPerSecond);

        (await server.SendAsync("PUT", Path, $$"""{"hours": "{{Hours(5, 9)}}"}""")).Expect(200);
        var always = (await server.SendAsync("PUT", Path, """{"hours": ""}""")).Expect(200);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, always.GetProperty("hours").ValueKind);
        Assert.Equal(1000, limits.VolumeRead.BytesPerSecond);
    }

    [Theory]
    [InlineData("""{"read_bytes_per_second": -1}""")]
    [InlineData("""{"read_bytes_per_second": 5, "store_read_bytes_per_second": "many"}""")]
    [InlineData("""{"read_bytes_per_second": 5, "hours": "08:00"}""")]
    [InlineData("""{"read_bytes_per_second": 5, "hours": "08:00-08:00"}""")]
    public async Task What_is_wrong_is_refused_and_nothing_of_it_holds(string body)
    {
        await using var server = await TestServer.StartAsync();

        (await server.SendAsync("PUT", Path, body)).Expect(400);

        Assert.Equal(0, server.Server.Services.GetRequiredService<Repository>().Limits.VolumeRead.BytesPerSecond);
    }

    [Fact]
    public void Hours_may_go_past_midnight()
    {
        var night = DailyHours.TryParse("22:00-06:30");

        Assert.NotNull(night);
        Assert.Equal("22:00-06:30", night.Value.ToString());
        var day = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var (hour, minute, isIn) in new[] { (21, 59, false), (22, 0, true), (0, 0, true), (6, 29, true), (6, 30, false) })
        {
            Assert.Equal(isIn, night.Value.Contains(day.AddHours(hour).AddMinutes(minute)));
        }
    }
}
