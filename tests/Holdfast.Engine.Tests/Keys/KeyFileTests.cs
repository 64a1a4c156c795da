using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Tests.Keys;

/// <summary>A key file goes through editors and mail.</summary>
public sealed class KeyFileTests
{
    private static readonly KeyFile Key = new(
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        [.. Enumerable.Range(7, 32).Select(i => (byte)i)]
    );

    [Fact]
    public void What_editors_do_to_lines_does_no_harm()
    {
        var text = Key.ToText();
        string[] changed =
        [
            text,
            text.TrimEnd('\n'),
            text + "\n\n",
            "\ufeff" + text,
            text.Replace("\n", "\r\n", StringComparison.Ordinal),
            text.Replace("\n", "\r", StringComparison.Ordinal),
            text.Replace("\n", " \t\n", StringComparison.Ordinal),
            text.Replace("\n", "\n\n", StringComparison.Ordinal),
        ];

        Assert.All(changed, one => Assert.Equal(Key.Key, KeyFile.Parse(one)?.Key));
    }

    [Fact]
    public void A_character_that_is_not_what_was_written_is_told()
    {
        var text = Key.ToText();
        for (var at = 0; at < text.Length - 1; at++)
        {
            if (text[at] != '\n')
                Assert.Null(KeyFile.Parse(text[..at] + (text[at] == 'x' ? 'y' : 'x') + text[(at + 1)..]));
        }

        Assert.Null(KeyFile.Parse(""));
        Assert.Null(KeyFile.Parse(text + text));
    }
}
