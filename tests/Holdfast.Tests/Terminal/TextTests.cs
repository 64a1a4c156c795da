using Holdfast.Terminal;

namespace Holdfast.Tests.Terminal;

public sealed class TextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(5L << 30, "5 GiB")]
    [InlineData((1L << 20) * 250, "250 MiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Bytes_are_written_with_a_unit_that_leaves_few_digits(long bytes, string text) => Assert.Equal(text, Text.Bytes(bytes));

    [Theory]
    [InlineData(0.04, "0.0 s")]
    [InlineData(12.9, "12 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7500, "2 h 05 min")]
    [InlineData(-3, "0 s")]
    public void Durations_are_written_as_long_as_they_matter(double seconds, string text) =>
        Assert.Equal(text, Text.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(-5, "just now")]
    [InlineData(0.5, "just now")]
    [InlineData(59, "59 min")]
    [InlineData(47 * 60, "47 h")]
    [InlineData(12.9 * 24 * 60, "12 days")]
    public void Ages_are_told_in_one_unit(double minutes, string text)
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.Equal(text, Text.Age(now.AddMinutes(-minutes), now));
        Assert.Equal("never", Text.Age(null, now));
    }
}
