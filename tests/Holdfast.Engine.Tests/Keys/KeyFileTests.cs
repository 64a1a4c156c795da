using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;
using Holdfast.Testing;

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
            text.Replace("\n", "\n    ", StringComparison.Ordinal),
            text.Replace(' ', '\u00a0'),
            "> " + text.Replace("\n", "\n> ", StringComparison.Ordinal),
            text.Insert(text.IndexOf("key ", 20, StringComparison.Ordinal) + 20, "\n  "),
            text.Replace("aabbccddeeff", "AABBCCDDEEFF", StringComparison.Ordinal),
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

    [Fact]
    public void Every_encoding_that_editors_save_in_is_read()
    {
        using var folder = new TempFolder();
        Encoding[] encodings = [Encoding.ASCII, Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode];

        foreach (var encoding in encodings)
        {
            Assert.Equal(Key.Key, KeyFile.Read(folder.File("key", encoding.GetBytes(Key.ToText()))).Key);
            Assert.Equal(Key.Key, KeyFile.Read(folder.File("key", [.. encoding.GetPreamble(), .. encoding.GetBytes(Key.ToText())])).Key);
        }

        var latin = Encoding.Latin1.GetBytes(Key.ToText().Replace(' ', '\u00a0'));
        Assert.Equal(Key.Key, KeyFile.Read(folder.File("key", latin)).Key);
    }

    [Fact]
    public void What_is_no_key_file_is_refused_without_being_read_whole()
    {
        using var folder = new TempFolder();
        var image = folder["disk.img"];
        using (var disk = File.Create(image))
            disk.SetLength(3L << 30);

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var path in new[] { image, "/dev/full", "/dev/zero", folder[""] })
        {
            var e = Assert.Throws<HoldfastException>(() => KeyFile.Read(path));
            Assert.Equal(FailureKind.WrongKey, e.Kind);
            Assert.Contains($"'{path}'", e.Message, StringComparison.Ordinal);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000);
    }
}
