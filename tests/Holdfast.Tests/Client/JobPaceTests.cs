using System.Text.Json;
using Holdfast.Client;
using Holdfast.Verbs.Options;

namespace Holdfast.Tests.Client;

public sealed class JobPaceTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 3, 4, 0, TimeSpan.Zero);

    [Fact]
    public void The_last_line_that_tells_how_far_it_is_counts()
    {
        var pace = JobPace.Find(
            Lines(
                """{"time":"2026-01-02T03:04:05","fields":{"bytes_done":10485760,"bytes_total":104857600}}""",
                """{"time":"2026-01-02T03:04:10","fields":{"bytes_done":52428800,"bytes_total":104857600,"bytes_stored":7}}""",
                """{"time":"2026-01-02T03:04:11","fields":null}""",
                """{"time":"2026-01-02T03:04:12","fields":{"attempt":1}}"""
            ),
            Begin
        );

        Assert.Equal(new JobPace(52428800, 104857600, TimeSpan.FromSeconds(10)), pace);
        Assert.Equal("50 %: 50 MiB of 100 MiB, 5 MiB/s, 10 s left", Waiting.Spell(pace!));
    }

    [Fact]
    public void A_log_that_tells_nothing_of_it_has_no_pace() =>
        Assert.Null(JobPace.Find(Lines("""{"time":"2026-01-02T03:04:05","fields":{"attempt":1}}"""), Begin));

    [Fact]
    public void What_is_older_than_the_beginning_is_of_other_work() =>
        Assert.Null(JobPace.Find(Lines("""{"time":"2026-01-02T03:03:59","fields":{"bytes_done":1,"bytes_total":2}}"""), Begin));

    [Fact]
    public void Without_a_beginning_there_is_no_rate() =>
        Assert.Equal(
            "50 %: 1 B of 2 B",
            Waiting.Spell(JobPace.Find(Lines("""{"time":"2026-01-02T03:04:05","fields":{"bytes_done":1,"bytes_total":2}}"""), beginAt: null)!)
        );

    private static IReadOnlyList<JsonElement> Lines(params string[] lines) =>
        [.. lines.Select(line => JsonDocument.Parse(line).RootElement.Clone())];
}
