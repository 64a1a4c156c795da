using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Policies;
using Holdfast.Verbs.Repositories;

namespace Holdfast.Tests.Verbs;

public sealed class PolicyBodyTests
{
    [Fact]
    public void A_new_policy_fires_daily_and_keeps_fourteen_where_nothing_else_is_said()
    {
        var body = PolicyCreate.Body("nightly", new ScheduleRequest { StartTime = "22:00" }, timeZone: null, off: false, tags: []);

        Assert.Equal(
            """{"backup_policy_name":"nightly","scheduled_policy":{"start_time":"22:00","frequency":1,"rentention_num":14"""
                + ""","status":"ON"}}""",
            JsonSerializer.Serialize(body, ClientJson.Default.PolicyRequest)
        );
    }

    [Fact]
    public void What_is_given_is_sent_and_nothing_beside_it()
    {
        var schedule = new ScheduleRequest
        {
            StartTime = "01:00",
            WeekFrequency = ["MON"],
            KeepDays = 30,
        };

        var body = PolicyCreate.Body("p", schedule, "UTC+02:00", off: true, ["team=db", "note=a=b"]);

        Assert.Equal(
            """{"backup_policy_name":"p","scheduled_policy":{"start_time":"01:00","week_frequency":["MON"],"rentention_day":30"""
                + ""","status":"OFF"},"time_zone":"UTC\u002B02:00","tags":[{"key":"team","value":"db"},{"key":"note","value":"a=b"}]}""",
            JsonSerializer.Serialize(body, ClientJson.Default.PolicyRequest)
        );
    }

    [Theory]
    [InlineData("=x")]
    [InlineData("novalue")]
    public void A_tag_without_key_or_sign_is_wrong_usage(string tag) =>
        Assert.Throws<UsageException>(() => PolicyCreate.Body("p", new ScheduleRequest { StartTime = "01:00" }, null, false, [tag]));

    [Fact]
    public void A_policy_without_a_start_time_is_wrong_usage() =>
        Assert.Throws<UsageException>(() => PolicyCreate.Body("p", ScheduleRequest.None, null, false, []));

    [Fact]
    public void An_update_that_changes_nothing_is_wrong_usage() =>
        Assert.Throws<UsageException>(() => PolicyUpdate.Body(null, ScheduleRequest.None, null));

    [Theory]
    [InlineData(8, null)]
    [InlineData(48, null)]
    [InlineData(8192, null)]
    [InlineData(null, "")]
    [InlineData(null, "best")]
    public void A_repository_is_not_made_with_figures_out_of_bounds(int? chunkKib, string? compression) =>
        Assert.Throws<UsageException>(() => RepoInit.ReadOptions(chunkKib, compression));
}
