using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Keys;

public sealed class PassphraseFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("correct horse", "correct horse")]
    [InlineData("correct horse\n", "correct horse")]
    [InlineData("correct horse\r\nsecond line", "correct horse")]
    [InlineData("\ufeffcorrect horse", "correct horse")]
    [InlineData(" süß \n", " süß ")]
    public void The_first_line_is_the_passphrase(string content, string passphrase) =>
        Assert.Equal(passphrase, PassphraseFile.Read(_folder.File("p", Encoding.UTF8.GetBytes(content))).Text);

    [Fact]
    public void What_is_no_passphrase_is_refused_by_the_files_name()
    {
        byte[][] contents = [[], "\nsecond"u8.ToArray(), [0x61, 0xff], [.. Enumerable.Repeat((byte)'a', 5000)]];

        foreach (var content in contents)
        {
            var refused = Assert.Throws<HoldfastException>(() => PassphraseFile.Read(_folder.File("p", content)));
            Assert.Equal(FailureKind.WrongKey, refused.Kind);
            Assert.Contains($"'{_folder["p"]}'", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(FailureKind.WrongKey, Assert.Throws<HoldfastException>(() => PassphraseFile.Read("/dev/zero")).Kind);
        Assert.Equal(FailureKind.NotFound, Assert.Throws<HoldfastException>(() => PassphraseFile.Read(_folder["none"])).Kind);
    }

    [Fact]
    public void What_comes_behind_the_line_is_the_next_readers()
    {
        using var both = new MemoryStream("first one\nsecond one\n"u8.ToArray());

        Assert.Equal("first one", PassphraseFile.Read(both, "-").Text);
        Assert.Equal("second one", PassphraseFile.Read(both, "-").Text);
    }
}
