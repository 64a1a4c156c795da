using System.Text;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Tests.Terminal;

public sealed class Utf8ArgumentsTests
{
    [Fact]
    public void An_argument_that_is_not_utf8_is_named_by_its_bytes()
    {
        byte[] line = [.. "holdfast\0--source\0d"u8, 0xff, .. ".img\0"u8];

        var refused = Assert.Throws<UsageException>(() => Utf8Arguments.Check(2, line));

        Assert.Contains(@"$'d\xff.img' is not UTF-8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_has_the_replacement_sign_by_right_is_taken() =>
        Utf8Arguments.Check(1, Encoding.UTF8.GetBytes("holdfast\0d\uFFFD.img\0"));

    [Fact]
    public void What_is_not_the_programs_argument_is_not_looked_at() =>
        Utf8Arguments.Check(1, [.. "/opt/d"u8, 0xff, .. "/holdfast\0list\0"u8]);

    [Theory]
    [InlineData("file:///srv/%C3%BC.img", true)]
    [InlineData("file:///srv/plain.img", true)]
    [InlineData("file:///srv/%ff.img", false)]
    [InlineData("file:///srv/%C3.img", false)]
    [InlineData("file:///srv/%C3x%BC.img", false)]
    public void A_url_stands_for_a_name_of_utf8_or_it_is_known_that_it_does_not(string url, bool isUtf8) =>
        Assert.Equal(isUtf8, Utf8Arguments.IsUrlOfUtf8(url));
}
