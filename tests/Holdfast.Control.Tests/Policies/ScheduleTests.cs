using CsCheck;
using Holdfast.Control.Policies;

namespace Holdfast.Control.Tests.Policies;

public sealed class ScheduleTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<string> StartTimes = Gen.Shuffle(Enumerable.Range(0, 24).ToArray(), 1, 24)
        .Select(hours => string.Join(',', hours.Select(hour => $"{hour:00}:00")));

    private static readonly Gen<string?> TimeZones = Gen.Int[-12 * 60, 14 * 60]
        .Select(minutes => (string?)$"UTC{(minutes < 0 ? '-' : '+')}{Math.Abs(minutes) / 60:00}:{Math.Abs(minutes) % 60:00}");

    private static readonly Gen<Schedule> Intervals =
        from start in StartTimes
        from zone in Gen.OneOf(TimeZones, Gen.Const((string?)null))
        from days in Gen.Int[1, 30]
        select new Schedule
        {
            StartTime = start,
            TimeZone = zone,
            Frequency = days,
        };

    private static readonly Gen<Schedule> Weeks =
        from start in StartTimes
        from zone in Gen.OneOf(TimeZones, Gen.Const((string?)null))
        from days in Gen.Shuffle(Enum.GetValues<DayOfWeek>(), 1, 7)
        select new Schedule
        {
            StartTime = start,
            TimeZone = zone,
            Weekdays = days,
        };

    private static readonly Gen<Schedule> Schedules = Gen.OneOf(Intervals, Weeks);

    private static readonly Gen<DateTimeOffset> Instants = Gen.Long[0, 4L * 365 * 24 * 3600 * 1000].Select(ms => Epoch.AddMilliseconds(ms));

    [Fact]
    public void The_next_instant_is_the_one_that_a_walk_over_all_full_hours_finds() =>
        Gen.Select(Schedules, Instants)
            .Sample((schedule, after) => schedule.NextAfter(after) == WalkedFrom(schedule, after).First(), iter: 3000);

    [Fact]
    public void The_slots_of_forty_days_are_those_that_a_walk_over_all_full_hours_finds() =>
        Gen.Select(Schedules, Instants)
            .Sample(
                (schedule, after) =>
                    schedule
                        .Slots(after, after.AddDays(40))
                        .SequenceEqual(WalkedFrom(schedule, after).TakeWhile(slot => slot <= after.AddDays(40))),
                iter: 300
            );

    [Fact]
    public void A_slot_is_followed_by_a_later_one_and_never_by_itself() =>
        Gen.Select(Schedules, Instants)
            .Sample(
                (schedule, after) =>
                {
                    var slot = schedule.NextAfter(after);
                    return slot > after && schedule.NextAfter(slot) > slot && schedule.NextAfter(slot.AddTicks(-1)) == slot;
                }
            );

    [Fact]
    public void Weekdays_are_local_days() =>
        Assert.Equal(
            ["Sun 22:00", "Mon 00:00", "Mon 02:00", "Sun 22:00"],
            Names(
                new Schedule
                {
                    StartTime = "22:00,00:00,02:00",
                    Weekdays = [DayOfWeek.Monday],
                    TimeZone = "UTC+02:00",
                },
                "2026-11-18",
                4,
                "ddd HH:mm"
            )
        );

    [Fact]
    public void Weekdays_without_a_time_zone_are_days_in_UTC() =>
        Assert.Equal(
            ["Mon 00:00", "Mon 02:00", "Mon 22:00", "Mon 00:00"],
            Names(new Schedule { StartTime = "22:00,00:00,02:00", Weekdays = [DayOfWeek.Monday] }, "2026-11-18", 4, "ddd HH:mm")
        );

    [Fact]
    public void An_interval_runs_on_local_days_which_may_begin_the_day_before_in_UTC() =>
        Assert.Equal(
            ["10-30 20:00", "10-31 20:00", "11-03 20:00", "11-06 20:00"],
            Names(
                new Schedule
                {
                    StartTime = "20:00",
                    Frequency = 3,
                    TimeZone = "UTC+08:00",
                },
                "2026-10-30",
                4,
                "MM-dd HH:mm"
            )
        );

    [Fact]
    public void A_policy_of_every_third_day_made_on_the_second_runs_first_on_the_fourth() =>
        Assert.Equal(["11-04", "11-07", "11-10"], Names(new Schedule { StartTime = "12:00", Frequency = 3 }, "2026-11-02", 3, "MM-dd"));

    [Fact]
    public void The_interval_begins_again_with_each_month() =>
        Assert.Equal(
            ["10-29", "10-31", "11-01", "11-03"],
            Names(new Schedule { StartTime = "05:00", Frequency = 2 }, "2026-10-28", 4, "MM-dd")
        );

    [Fact]
    public void An_interval_of_thirty_days_runs_on_the_first_and_the_thirty_first() =>
        Assert.Equal(
            ["01-31", "02-01", "03-01", "03-31", "04-01"],
            Names(new Schedule { StartTime = "05:00", Frequency = 30 }, "2026-01-15", 5, "MM-dd")
        );

    [Fact]
    public void The_twenty_ninth_of_February_is_a_day_like_any_other() =>
        Assert.Equal(["02-29", "03-01"], Names(new Schedule { StartTime = "05:00", Frequency = 28 }, "2028-02-28", 2, "MM-dd"));

    [Fact]
    public void The_hours_are_a_set_whatever_their_order() =>
        Assert.True(
            Of("22:00,00:00", [DayOfWeek.Monday, DayOfWeek.Friday], null)
                .HasSlotsOf(Of("00:00,22:00", [DayOfWeek.Friday, DayOfWeek.Monday], "UTC+00:00"))
        );

    [Theory]
    [InlineData("00:00")]
    [InlineData("23:00,00:00,05:00")]
    public void Full_hours_are_a_start_time(string text) => Assert.True(Schedule.TryParseStartTime(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("24:00")]
    [InlineData("05:30")]
    [InlineData("5:00")]
    [InlineData("05:00,")]
    [InlineData("05:00, 06:00")]
    [InlineData("05:00,05:00")]
    [InlineData("05:00\n")]
    [InlineData("٠٥:00")]
    public void Anything_else_is_no_start_time(string text) => Assert.False(Schedule.TryParseStartTime(text, out _));

    [Theory]
    [InlineData("UTC+14:00", 14 * 60)]
    [InlineData("UTC-12:00", -12 * 60)]
    [InlineData("UTC-03:30", -(3 * 60) - 30)]
    [InlineData("UTC-00:00", 0)]
    public void A_time_zone_is_an_offset(string text, int minutes)
    {
        Assert.True(Schedule.TryParseTimeZone(text, out var offset));
        Assert.Equal(TimeSpan.FromMinutes(minutes), offset);
    }

    [Theory]
    [InlineData("UTC+14:01")]
    [InlineData("UTC-12:01")]
    [InlineData("UTC+8:00")]
    [InlineData("UTC+08:60")]
    [InlineData("utc+08:00")]
    [InlineData("UTC+08:00\n")]
    [InlineData("Europe/Berlin")]
    public void Anything_else_is_no_time_zone(string text) => Assert.False(Schedule.TryParseTimeZone(text, out _));

    [Fact]
    public void Weekdays_are_spelled_in_capitals()
    {
        Assert.True(Schedule.TryParseWeekday("SAT", out var day));
        Assert.Equal((DayOfWeek.Saturday, "SAT"), (day, Schedule.NameOf(day)));
        Assert.False(Schedule.TryParseWeekday("Sat", out _));
    }

    [Fact]
    public void A_schedule_that_is_never_due_is_refused_instead_of_searched() =>
        Assert.All(
            [
                new Schedule { StartTime = "05:00" },
                new Schedule { StartTime = "05:00", Weekdays = [] },
                new Schedule { StartTime = "05:00", Frequency = 0 },
                new Schedule { StartTime = "05:00", Frequency = 31 },
                new Schedule
                {
                    StartTime = "05:00",
                    Frequency = 1,
                    Weekdays = [DayOfWeek.Monday],
                },
                new Schedule { StartTime = "", Frequency = 1 },
                new Schedule
                {
                    StartTime = "05:00",
                    Frequency = 1,
                    TimeZone = "Mars",
                },
            ],
            schedule => Assert.Throws<ArgumentException>(() => schedule.NextAfter(Epoch))
        );

    private static Schedule Of(string start, IReadOnlyList<DayOfWeek> days, string? zone) =>
        new()
        {
            StartTime = start,
            Weekdays = days,
            TimeZone = zone,
        };

    private static IEnumerable<string> Names(Schedule schedule, string from, int count, string format) =>
        schedule
            .Slots(DateTimeOffset.Parse(from + "T00:00:00Z"), DateTimeOffset.MaxValue.AddDays(-1))
            .Take(count)
            .Select(slot => slot.UtcDateTime.ToString(format));

    /// <summary>Another way to the same: look at every full hour of UTC and ask whether the local day it falls on is active.</summary>
    private static IEnumerable<DateTimeOffset> WalkedFrom(Schedule schedule, DateTimeOffset after)
    {
        var hours = schedule.StartTime.Split(',').Select(time => int.Parse(time[..2])).ToHashSet();
        var first = new DateTimeOffset(after.Year, after.Month, after.Day, after.Hour, 0, 0, TimeSpan.Zero).AddHours(1);
        for (var hour = first; ; hour = hour.AddHours(1))
        {
            var local = hour.ToOffset(schedule.Offset);
            if (
                hours.Contains(hour.Hour)
                && (schedule.Frequency is { } days ? local.Day % days == 1 % days : schedule.Weekdays!.Contains(local.DayOfWeek))
            ) // one of the two is given
            {
                yield return hour;
            }
        }
    }
}
