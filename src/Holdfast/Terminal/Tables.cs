using Spectre.Console;
using Spectre.Console.Rendering;

namespace Holdfast.Terminal;

/// <summary>Tables for people. Cells are Spectre markup: what comes from outside goes through <see cref="Plain"/>.</summary>
internal static class Tables
{
    /// <summary>Wide enough for every column where no terminal limits it.</summary>
    private const int UnlimitedWidth = 400;

    private static readonly Lazy<IAnsiConsole> Console = new(() =>
    {
        var console = AnsiConsole.Console;
        if (System.Console.IsOutputRedirected)
        {
            console.Profile.Width = UnlimitedWidth;
        }

        return console;
    });

    public static int Width => Console.Value.Profile.Width;

    public static string Plain(string? text) => Markup.Escape(text ?? "");

    /// <summary>A column whose name begins with <c>&gt;</c> is aligned to the right.</summary>
    public static void Print(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Simple, ShowRowSeparators = false };
        foreach (var column in columns)
        {
            var right = column.StartsWith('>');
            table.AddColumn(new TableColumn($"[bold]{Plain(column.TrimStart('>'))}[/]") { Alignment = right ? Justify.Right : Justify.Left, NoWrap = right });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Markup(cell)));
        }

        Console.Value.Write(table);
    }

    /// <summary>Names and values, one a line.</summary>
    public static void PrintFacts(params (string Name, string? Value)[] facts)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true }).AddColumn();
        foreach (var (name, value) in facts)
        {
            grid.AddRow($"[grey]{Plain(name)}[/]", value ?? "");
        }

        Console.Value.Write(grid);
    }

    public static void Line(string markup) => Console.Value.MarkupLine(markup);

    /// <summary>A state in its colour; the same colours for volumes, backups, jobs and tasks.</summary>
    public static string State(string state) => StateColour(state) is { } colour ? $"[{colour}]{Plain(state)}[/]" : Plain(state);

    private static string? StateColour(string state) => state.ToUpperInvariant() switch
    {
        "EXECUTE_SUCCESS" or "SUCCESS" or "AVAILABLE" or "ON" => "green",
        "EXECUTE_FAIL" or "EXECUTE_TIMEOUT" or "FAIL" or "ERROR" or "ERROR_RESTORING" or "ERROR_DELETING" => "red",
        "RUNNING" or "CREATING" or "RESTORING" or "DELETING" or "BACKING-UP" or "RESTORING-BACKUP" => "yellow",
        "WAITING" or "INIT" => "blue",
        "SKIP" or "OFF" => "grey",
        _ => null,
    };
}
