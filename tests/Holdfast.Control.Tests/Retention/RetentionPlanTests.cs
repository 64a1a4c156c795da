using System.Globalization;
using CsCheck;
using Holdfast.Control.Policies;
using Holdfast.Control.Retention;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Retention;

public sealed class RetentionPlanTests
{
    /// <summary>Rules, the hour it is, the backups' hours; then what becomes of each, oldest first.</summary>
    public static TheoryData<string, string, string, string> Golden =>
        new()
        {
            { "count 3", "11-23 12:00", "11-20 00:00", "keep: one of the newest 3" },
            {
                "count 2",
                "11-23 12:00",
                "11-20 00:00, 11-21 00:00, 11-22 00:00, 11-23 00:00",
                "drop: not one of the newest 2|drop: not one of the newest 2|keep: one of the newest 2|keep: one of the newest 2"
            },
            {
                "count 2 first",
                "11-23 12:00",
                "10-31 00:00, 11-01 00:00, 11-22 00:00, 11-23 00:00",
                "drop: not one of the newest 2|keep: first of November 2026|drop: the first of November 2026 takes its place among "
                    + "2|keep: one of the newest 2"
            },
            { "count 2 first", "11-02 12:00", "11-01 00:00, 11-02 00:00", "keep: one of the newest 2|keep: one of the newest 2" },
            {
                "count 2 first",
                "12-01 00:30",
                "11-01 00:00, 11-29 00:00, 11-30 00:00, 12-01 00:00",
                "drop: not one of the newest 2|drop: not one of the newest 2|keep: one of the newest 2|keep: one of the newest 2"
            },
            {
                "days 30",
                "11-23 12:00",
                "10-01 00:00, 10-24 11:59, 10-24 12:00, 11-22 00:00",
                "drop: older than 30 days|drop: older than 30 days|keep: not older than 30 days|keep: not older than 30 days"
            },
            { "days 2", "11-23 12:00", "11-01 00:00, 11-02 00:00", "drop: older than 2 days|keep: the newest" },
            {
                "days 2 first",
                "11-23 12:00",
                "10-31 00:00, 11-01 00:00, 11-02 00:00, 11-03 00:00",
                "drop: older than 2 days|keep: first of November 2026|drop: older than 2 days|keep: the newest"
            },
            {
                "days 2 first +08:00",
                "11-23 12:00",
                "10-31 15:59, 10-31 16:00, 11-03 00:00",
                "drop: older than 2 days|keep: first of November 2026|keep: the newest"
            },
            {
                "days 2 first -03:00",
                "11-23 12:00",
                "11-01 02:59, 11-01 03:00, 11-03 00:00",
                "drop: older than 2 days|keep: first of November 2026|keep: the newest"
            },
            { "count 9", "11-23 12:00", "", "" },
            // A clock that was ahead for two runs: by number the last is the newest, and theirs are the next to go.
            {
                "count 2",
                "11-23 12:00",
                "11-21 00:00, 12-30 00:00, 12-31 00:00, 11-23 00:00",
                "drop: not one of the newest 2|drop: not one of the newest 2|keep: one of the newest 2|keep: one of the newest 2"
            },
            // They are as old as the next one whose time may be right.
            {
                "days 2",
                "11-23 12:00",
                "11-01 00:00, 12-30 00:00, 12-31 00:00, 11-02 00:00, 11-22 00:00",
                "drop: older than 2 days|drop: older than 2 days|drop: older than 2 days|drop: older than 2 days|"
                    + "keep: not older than 2 days"
            },
            // A clock that was behind for a run: that one is no older than the one before it, and makes none of them older.
            {
                "days 2",
                "11-23 12:00",
                "11-22 00:00, 01-01 00:00, 11-23 00:00",
                "keep: not older than 2 days|keep: not older than 2 days|keep: not older than 2 days"
            },
            { "days 2", "11-23 12:00", "11-01 00:00, 12-30 00:00", "drop: older than 2 days|keep: not older than 2 days" },
        };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Each_backup_is_kept_or_dropped_for_a_reason(string rules, string now, string backups, string expected)
    {
        var words = rules.Split(' ');
        var number = int.Parse(words[1], CultureInfo.InvariantCulture);
        var retention = new RetentionRule
        {
            Count = words[0] == "count" ? number : null,
            Days = words[0] == "days" ? number : null,
            KeepFirstOfMonth = words.Contains("first"),
        };
        var offset = words[^1][0] is '+' or '-' ? TimeSpan.Parse(words[^1].TrimStart('+'), CultureInfo.InvariantCulture) : TimeSpan.Zero;
        var candidates = backups.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select((at, i) => Candidate(i, At(at)));

        var plan = RetentionPlan.Make(retention, offset, candidates, At(now));

        Assert.Equal(expected, string.Join('|', plan.Select(d => $"{(d.Keep ? "keep" : "drop")}: {d.Reason}")));
    }

    [Fact]
    public void A_retention_without_a_rule_is_refused() =>
        Assert.Throws<ArgumentException>(() => RetentionPlan.Make(new RetentionRule(), TimeSpan.Zero, [], At("11-23 12:00")));

    [Fact]
    public void The_newest_is_never_dropped_and_every_backup_is_decided_on() =>
        Sample(
            (facts, retention) =>
            {
                var plan = Make(facts, retention);
                return plan.Count == facts.Backups.Length
                    && (plan.Count == 0 || plan[^1].Keep)
                    && plan.All(d => d.Reason.Length > 0)
                    && plan.Select(d => d.CreatedAt).SequenceEqual(facts.Backups.Select(b => b.CreatedAt).Order());
            }
        );

    [Fact]
    public void The_newest_is_never_dropped_whatever_the_clock_said_and_says() =>
        Gen.Select(Gen.Long[0, 10_000], Gen.Long[0, 10_000].Array[1, 10], Gen.Int[2, 20], Gen.Bool)
            .Sample(
                (now, days, number, byCount) =>
                {
                    var start = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
                    var plan = RetentionPlan.Make(
                        new RetentionRule { Count = byCount ? number : null, Days = byCount ? null : number },
                        TimeSpan.Zero,
                        days.Select((d, i) => Candidate(i, start.AddDays(d))),
                        start.AddDays(now)
                    );
                    return plan[^1].Keep && plan.Count == days.Length;
                },
                iter: 2000
            );

    [Fact]
    public void The_first_backup_of_the_current_month_is_kept_in_that_month() =>
        Sample(
            (facts, retention) =>
            {
                var local = facts.Now.ToOffset(facts.Offset);
                var first = Make(facts, retention)
                    .FirstOrDefault(d => d.CreatedAt.ToOffset(facts.Offset) is var at && (at.Year, at.Month) == (local.Year, local.Month));
                return !retention.KeepFirstOfMonth || first is null || first.Keep;
            }
        );

    [Fact]
    public void Who_keeps_more_drops_nothing_that_who_keeps_less_keeps() =>
        Sample(
            (facts, retention) =>
            {
                var more = retention with { Count = retention.Count + 1, Days = retention.Days + 1 };
                var less = Make(facts, retention).Where(d => d.Keep).Select(d => d.Backup);
                return less.All(Make(facts, more).Where(d => d.Keep).Select(d => d.Backup).ToHashSet().Contains);
            }
        );

    [Fact]
    public void A_count_leaves_exactly_so_many() =>
        Sample(
            (facts, retention) =>
                retention.Count is not { } count || Make(facts, retention).Count(d => d.Keep) == Math.Min(count, facts.Backups.Length)
        );

    [Fact]
    public void Retention_done_once_finds_nothing_more_to_drop() =>
        Sample(
            (facts, retention) =>
            {
                var kept = Make(facts, retention).Where(d => d.Keep).Select(d => d.Backup).ToHashSet();
                return Make(facts with { Backups = [.. facts.Backups.Where(b => kept.Contains(b.Id))] }, retention).All(d => d.Keep);
            }
        );

    private static void Sample(Func<Facts, RetentionRule, bool> holds)
    {
        var start = new DateTimeOffset(2026, 8, 1, 0, 0, 0, TimeSpan.Zero);
        var facts = Gen.Select(
            Gen.Int[0, 90 * 24].Array[0, 40],
            Gen.Int[0, 5 * 24],
            Gen.Int[-12, 14],
            (hours, later, offset) =>
                new Facts(
                    [.. hours.Order().Select((h, i) => Candidate(i, start.AddHours(h)))],
                    start.AddHours(hours.DefaultIfEmpty(0).Max() + later),
                    TimeSpan.FromHours(offset)
                )
        );
        var retention = Gen.Select(
            Gen.Bool,
            Gen.Int[2, 20],
            Gen.Bool,
            (byCount, number, first) =>
                new RetentionRule
                {
                    Count = byCount ? number : null,
                    Days = byCount ? null : number,
                    KeepFirstOfMonth = first,
                }
        );
        Gen.Select(facts, retention).Sample(holds, iter: 2000);
    }

    private static IReadOnlyList<RetentionDecision> Make(Facts facts, RetentionRule retention) =>
        RetentionPlan.Make(retention, facts.Offset, facts.Backups, facts.Now);

    private static RetentionCandidate Candidate(int number, DateTimeOffset at) =>
        new(new BackupId(new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0)), number + 1, $"autobk_{number:x4}", at);

    private static DateTimeOffset At(string text) =>
        DateTimeOffset.ParseExact("2026-" + text, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private sealed record Facts(RetentionCandidate[] Backups, DateTimeOffset Now, TimeSpan Offset);
}
