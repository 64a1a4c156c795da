using CsCheck;
using Holdfast.Control.Policies;
using Holdfast.Control.Protection;

namespace Holdfast.Control.Tests.Protection;

public sealed class LongestPauseTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("00:00", 1, 24)]
    [InlineData("22:00,00:00", 1, 22)]
    [InlineData("12:00", 30, 24 * 30)]
    public void The_longest_pause_of_a_schedule_of_days(string hours, int days, int longest)
    {
        var pause = ProtectionRules.LongestPause(new Schedule { StartTime = hours, Frequency = days }, Start);

        Assert.Equal(TimeSpan.FromHours(longest), pause);
    }

    [Fact]
    public void The_longest_pause_of_weekdays_is_over_the_end_of_the_week() =>
        Assert.Equal(
            TimeSpan.FromDays(5),
            ProtectionRules.LongestPause(
                new Schedule { StartTime = "03:00", Weekdays = [DayOfWeek.Monday, DayOfWeek.Wednesday] },
                Start
            )
        );

    /// <summary>Whatever the schedule, nobody who is punctual is ever overdue, and whoever leaves out two slots is.</summary>
    [Fact]
    public void Punctual_volumes_are_never_overdue() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 23], Gen.Int[0, 23], Gen.Int[0, 1000])
            .Sample(
                (days, one, other, hoursLater) =>
                {
                    var hours = one == other ? $"{one:00}:00" : $"{one:00}:00,{other:00}:00";
                    var schedule = new Schedule { StartTime = hours, Frequency = days };
                    var begun = schedule.NextAfter(Start.AddHours(hoursLater));
                    var next = schedule.NextAfter(begun);
                    var wanted = ProtectionRules.WantedSince(ProtectionRules.LongestPause(schedule, next), next);
                    Assert.Equal(ProtectionState.Protected, ProtectionRules.StateOf(begun, Start, wanted, 0, 0, isInError: false));
                    Assert.Equal(
                        ProtectionState.Overdue,
                        ProtectionRules.StateOf(wanted.AddHours(-1), wanted.AddHours(-1), wanted, 0, 0, isInError: false)
                    );
                }
            );
}
