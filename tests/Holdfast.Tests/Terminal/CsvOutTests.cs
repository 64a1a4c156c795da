using System.Text;
using System.Text.Json;
using Holdfast.Terminal;

namespace Holdfast.Tests.Terminal;

public sealed class CsvOutTests
{
    [Fact]
    public void A_line_with_the_names_and_a_row_an_item_each_ended_by_cr_lf() =>
        Assert.Equal(
            "id,size,inner.at,list\r\na,1099511627776,2026-01-02T03:04:05.5Z,\"[1,{\"\"b\"\":null}]\"\r\nb,,,\r\n",
            Make(
                ["id", "size", "@inner.at", "list"],
                """[{"id":"a","size":1099511627776,"inner":{"at":"2026-01-02T03:04:05.500"},"list":[ 1, {"b": null} ]},{"id":"b","inner":null}]"""
            )
        );

    [Fact]
    public void A_list_without_items_has_its_names() => Assert.Equal("id,name\r\n", Make(["id", "name"], "[]"));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a;b", "\"a;b\"")]
    [InlineData("say \"x\"", "\"say \"\"x\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData(" blank", "\" blank\"")]
    [InlineData("", "\"\"")] // the only cell of its row, and an empty line is none
    [InlineData("größer €", "größer €")]
    public void What_has_a_meaning_in_the_format_is_quoted(string value, string cell) => Assert.Equal(cell, Cell(value));

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("  =1", "'  =1")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("\uFF1D1", "'\uFF1D1")]
    [InlineData("'quoted'", "''quoted'")] // so that one apostrophe can be taken away from any cell
    [InlineData("a=1", "a=1")]
    public void A_text_that_a_spreadsheet_would_run_has_an_apostrophe_in_front(string value, string cell) =>
        Assert.Equal(cell, Cell(value));

    [Theory]
    [InlineData("-1", "-1")]
    [InlineData("true", "true")]
    [InlineData("1.50", "1.50")]
    public void Numbers_and_flags_are_as_in_json(string json, string cell) =>
        Assert.Equal($"v\r\n{cell}\r\n", Make(["v"], $$"""[{"v":{{json}}}]"""));

    [Theory]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05.000000", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02 05:04:05+02:00", "2026-01-02T03:04:05Z")]
    [InlineData("=never", "'=never")]
    public void A_time_is_of_iso_8601_in_utc(string value, string cell) =>
        Assert.Equal($"at\r\n{cell}\r\n", Make(["@at"], $$"""[{"at":"{{value}}"}]"""));

    [Fact]
    public void A_terminal_is_sent_no_control_characters_and_a_file_all_of_them()
    {
        Assert.Equal("v\r\na\ufffd[2Jb\r\n", Make(["v"], """[{"v":"a\u001b[2Jb"}]""", isTerminal: true));
        Assert.Equal("v\r\na\u001b[2Jb\r\n", Make(["v"], """[{"v":"a\u001b[2Jb"}]"""));
    }

    private static string Cell(string value)
    {
        var text = Make(["v"], $"[{{\"v\":{JsonSerializer.Serialize(value)}}}]");
        Assert.StartsWith("v\r\n", text, StringComparison.Ordinal);
        return text["v\r\n".Length..^"\r\n".Length];
    }

    private static string Make(string[] fields, string json, bool isTerminal = false)
    {
        using var items = JsonDocument.Parse(Encoding.UTF8.GetBytes(json));
        return CsvOut.Document(fields, items.RootElement.EnumerateArray(), isTerminal);
    }
}
