using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Keys;

/// <summary>A key kit is read by a person and typed by a person.</summary>
public sealed class KeyKitTests : IDisposable
{
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly KeyFile Key = new(
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        [.. Enumerable.Range(7, 32).Select(i => (byte)((i * 37) & 0xff))]
    );

    private static readonly string[] Lines = [.. KeyKit.Write(Key)];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_kit_is_good_where_a_key_file_is()
    {
        var text = string.Join("\n", Lines);
        string[] typed =
        [
            text,
            text.ToUpperInvariant(),
            text.Replace('0', 'o').Replace('1', 'l').Replace("l:", "1:", StringComparison.Ordinal),
            text.Replace('1', 'I').Replace("I:", "1:", StringComparison.Ordinal),
            text.Replace(":", ".", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal),
            text.Replace(": ", ") ", StringComparison.Ordinal),
            string.Join("\n\n", Lines.Reverse()),
            string.Join("\n", Lines.Select(line => line[..3] + line[3..].Replace(" ", "", StringComparison.Ordinal))),
            string.Join("\n", Lines.Select(line => line[..3] + line[3..].Replace(' ', '-'))),
            $"My key, of 2026-11-28\n\n    {string.Join("\n    ", Lines)}\n\nKeep it: it is the only one.\n",
            $"{text}\n{Lines[2]}",
        ];

        Assert.All(typed, one => AssertSame(Key, Read(one)));
        Assert.Equal(Lines, KeyKit.Make(_folder.File("key", Encoding.ASCII.GetBytes(Key.ToText()))));
        Assert.Equal(Lines, KeyKit.Make(_folder.File("kit", Encoding.ASCII.GetBytes(text))));
    }

    [Fact]
    public void Any_character_that_is_another_is_told_with_its_line()
    {
        for (var line = 0; line < Lines.Length; line++)
        {
            for (var at = 3; at < Lines[line].Length; at++)
            {
                foreach (var other in Digits.Where(digit => Lines[line][at] != ' ' && digit != Lines[line][at]))
                {
                    Assert.Contains($"line {line + 1} has a mistake", Refusal(With(line, at, other)), StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Characters_and_lines_that_were_swapped_are_told()
    {
        for (var line = 0; line < Lines.Length; line++)
        {
            var typed = Lines[line][3..].Replace(" ", "", StringComparison.Ordinal);
            for (var at = 0; at + 1 < typed.Length; at++)
            {
                if (typed[at] == typed[at + 1])
                    continue;

                var swapped = $"{typed[..at]}{typed[at + 1]}{typed[at]}{typed[(at + 2)..]}";
                Assert.Contains($"line {line + 1} has a mistake", Refusal(With(line, swapped)), StringComparison.Ordinal);
            }

            var next = (line + 1) % Lines.Length;
            var moved = Refusal(With(line, Lines[next][3..]));
            Assert.Contains($"line {line + 1} has a mistake", moved, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var short_ = With(1, Lines[1][3..^1]).Replace(Lines[4][3..], "uuuu", StringComparison.Ordinal);

        var told = Refusal(short_);

        Assert.Contains("line 2 has 15 characters, not 16", told, StringComparison.Ordinal);
        Assert.Contains("line 5 holds a 'u', which no kit has", told, StringComparison.Ordinal);
        Assert.Contains("line 3 is missing", Refusal(string.Join("\n", Lines.Where((_, i) => i != 2))), StringComparison.Ordinal);
        Assert.Contains("no line 7", Refusal($"{string.Join("\n", Lines)}\n7: {Lines[0][3..]}"), StringComparison.Ordinal);
        Assert.Contains("line 1 is there twice", Refusal($"{string.Join("\n", Lines)}\n{OtherFirstLine()}"), StringComparison.Ordinal);
    }

    private static string OtherFirstLine() => KeyKit.Write(Key with { Repository = Guid.Empty })[0];

    private static void AssertSame(KeyFile expected, KeyFile read)
    {
        Assert.Equal(expected.Repository, read.Repository);
        Assert.Equal(expected.Key, read.Key);
    }

    private static string With(int line, string typed) =>
        string.Join("\n", Lines.Select((one, i) => i == line ? $"{i + 1}: {typed}" : one));

    private static string With(int line, int at, char other) =>
        With(line, $"{Lines[line][3..at]}{other}{Lines[line][(at + 1)..]}");

    private string Refusal(string typed)
    {
        var refused = Assert.Throws<HoldfastException>(() => Read(typed));
        Assert.Equal(FailureKind.WrongKey, refused.Kind);
        Assert.Contains($"'{_folder["typed"]}'", refused.Message, StringComparison.Ordinal);
        return refused.Message;
    }

    private KeyFile Read(string typed) => KeyFile.Read(_folder.File("typed", Encoding.UTF8.GetBytes(typed)));
}
