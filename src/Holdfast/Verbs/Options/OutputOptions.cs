using System.CommandLine;
using System.CommandLine.Parsing;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary>How a verb prints what it has to tell: <c>--output</c>, and <c>--json</c> for the form that scripts want most.</summary>
internal sealed class OutputOptions
{
    private const string OutputName = "--output";
    private const string JsonName = "--json";

    private readonly Option<bool> _json;
    private readonly Option<OutputForm?> _output;
    private readonly Option<bool>? _noPager;

    private OutputOptions(string json, bool isList)
    {
        OutputForm[] forms = isList ? [OutputForm.Table, OutputForm.Json, OutputForm.Csv] : [OutputForm.Table, OutputForm.Json];
        _json = new Option<bool>(JsonName) { Description = json };
        _output = new Option<OutputForm?>(OutputName)
        {
            HelpName = string.Join('|', forms.Select(Name)),
            Description = isList
                ? "A table for people, JSON for programs, or comma-separated values for both (table)."
                : "A table for people or JSON for programs (table).",
            CustomParser = result => Read(result, forms),
        };
        _output.CompletionSources.Clear(); // it would offer what the members of the enumeration are called here
        _output.CompletionSources.Add([.. forms.Select(Name)]);
        _noPager = isList ? new Option<bool>("--no-pager") { Description = "Print a table whole, however long it is." } : null;
    }

    /// <summary>Of a verb that prints a list, whose items can be rows.</summary>
    public static OutputOptions OfList() => new($"The same as {OutputName} json.", isList: true);

    /// <summary>Of a verb that prints one thing, or things within things: there is no table of it that would leave nothing out.</summary>
    public static OutputOptions OfObject() => OfObject($"The same as {OutputName} json.");

    /// <param name="json">What <c>--json</c> prints.</param>
    public static OutputOptions OfObject(string json) => new(json, isList: false);

    public void AddTo(Command command)
    {
        command.Options.Add(_output);
        command.Options.Add(_json);
        if (_noPager is not null)
        {
            command.Options.Add(_noPager);
        }

        command.Validators.Add(ThrowIfTorn);
    }

    public ListOutput ReadList(ParseResult parse) => new(Form(parse), Paged: _noPager is not null && !parse.GetValue(_noPager));

    public bool IsJson(ParseResult parse) => Form(parse) == OutputForm.Json;

    private OutputForm Form(ParseResult parse) =>
        parse.GetValue(_output) ?? (parse.GetValue(_json) ? OutputForm.Json : OutputForm.Table);

    private void ThrowIfTorn(CommandResult given)
    {
        if (given.GetResult(_output) is { Tokens: [{ Value: var form }, ..] } && form != Name(OutputForm.Json) && given.GetValue(_json))
        {
            given.AddError($"{JsonName} means {OutputName} json, and {OutputName} {form} is given, too; give one of them.");
        }
    }

    private static OutputForm? Read(ArgumentResult result, OutputForm[] forms)
    {
        var text = result.Tokens is [var only] ? only.Value : "";
        foreach (var form in forms)
        {
            if (Name(form) == text)
            {
                return form;
            }
        }

        result.AddError(
            text == Name(OutputForm.Csv)
                ? $"'{OutputName} csv' is for lists, and this verb prints none whose items are rows: it can give table or json"
                : $"'{OutputName}' is {string.Join(", ", forms[..^1].Select(Name))} or {Name(forms[^1])}, not '{text}'"
        );
        return null;
    }

    private static string Name(OutputForm form) =>
        form switch
        {
            OutputForm.Json => "json",
            OutputForm.Csv => "csv",
            _ => "table",
        };
}

/// <summary>Lets <see cref="OutputOptions"/> stand among the options that a command is made of.</summary>
internal static class OutputOptionsOfCommand
{
    public static void Add(this Command command, OutputOptions output) => output.AddTo(command);
}
