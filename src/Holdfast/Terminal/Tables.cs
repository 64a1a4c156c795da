using Spectre.Console;
using Spectre.Console.Rendering;

namespace Holdfast.Terminal;

/// <summary>Tables for people. Cells are Spectre markup: what comes from outside goes through <see cref="Plain"/>.</summary>
internal static class Tables
{
    /// <summary>Tables have the width that they need: a terminal folds a long line in a way that can still be copied, a folded cell
    /// cannot.</summary>
    private const int UnlimitedWidth = 400;

    private static readonly (IAnsiConsole Console, int TerminalWidth) Terminal = Open();

    /// <summary>Columns of the terminal; very many where there is none.</summary>
    public static int Width => Terminal.TerminalWidth;

    /// <summary>What comes from outside, without what would move the terminal's cursor or change its colours.</summary>
    public static string Plain(string? text) =>
        Markup.Escape(string.Concat((text ?? "").Select(c => char.IsControl(c) ? '\ufffd' : c)));

    /// <summary>A column whose name begins with <c>&gt;</c> is aligned to the right.</summary>
    public static void Print(string[] columns, IEnumerable<string[]> rows) => Terminal.Console.Write(Make(columns, rows));

    /// <inheritdoc cref="Print(string[], IEnumerable{string[]})"/>
    /// <param name="how">Whether it may go through a pager, which it does where it is longer than the screen.</param>
    /// <param name="below">Lines of markup below the table.</param>
    public static void Print(string[] columns, IEnumerable<string[]> rows, ListOutput how, params IEnumerable<string> below)
    {
        IRenderable[] all = [Make(columns, rows), .. below.Select(line => new Markup($"{line}\n"))];
        if (how.Paged && !Console.IsOutputRedirected && Pager.Showed(Render(all)))
        {
            return;
        }

        foreach (var part in all)
        {
            Terminal.Console.Write(part);
        }
    }

    /// <summary>What the terminal would be sent, its colours with it.</summary>
    private static string Render(IEnumerable<IRenderable> parts)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        console.Profile.Capabilities = Terminal.Console.Profile.Capabilities;
        console.Profile.Width = UnlimitedWidth;
        foreach (var part in parts)
        {
            console.Write(part);
        }

        return text.ToString();
    }

    private static Table Make(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Simple, ShowRowSeparators = false };
        foreach (var column in columns)
        {
            var right = column.StartsWith('>');
            table.AddColumn(
                new TableColumn($"[bold]{Plain(column.TrimStart('>'))}[/]")
                {
                    Alignment = right ? Justify.Right : Justify.Left,
                    NoWrap = true,
                    Padding = new Padding(0, 0, 2, 0),
                }
            );
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Markup(cell)));
        }

        return table;
    }

    /// <summary>Names and values, one a line; what has no value is left out.</summary>
    public static void PrintFacts(params (string Name, string? Value)[] facts)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true }).AddColumn();
        foreach (var (name, value) in facts.Where(fact => !string.IsNullOrEmpty(fact.Value)))
        {
            grid.AddRow($"[grey]{Plain(name)}[/]", value ?? "");
        }

        Terminal.Console.Write(grid);
    }

    public static void Line(string markup) => Terminal.Console.MarkupLine(markup);

    /// <summary>A state in its colour; the same colours for volumes, backups, jobs and tasks.</summary>
    public static string State(string state) => StateColour(state) is { } colour ? $"[{colour}]{Plain(state)}[/]" : Plain(state);

    private static (IAnsiConsole Console, int TerminalWidth) Open()
    {
        var console = AnsiConsole.Console;
        var width = Console.IsOutputRedirected ? UnlimitedWidth : console.Profile.Width;
        console.Profile.Width = UnlimitedWidth;
        return (console, width);
    }

    private static string? StateColour(string state) =>
        state.ToUpperInvariant() switch
        {
            "EXECUTE_SUCCESS" or "SUCCESS" or "AVAILABLE" or "ON" or "PROVEN" => "green",
            "EXECUTE_FAIL" or "EXECUTE_TIMEOUT" or "FAIL" or "ERROR" or "ERROR_RESTORING" or "ERROR_DELETING" or "DAMAGED" or "REJECTED"
                or "FAILED" => "red",
            "RUNNING" or "CREATING" or "RESTORING" or "DELETING" or "BACKING-UP" or "RESTORING-BACKUP" => "yellow",
            "WAITING" or "INIT" or "ORDERED" => "blue",
            "SKIP" or "OFF" => "grey",
            _ => null,
        };
}
