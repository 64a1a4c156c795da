using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary>Order and part of a list, for the lists of backups, volumes and sharings.</summary>
internal sealed class PageOptions(string sortKeys, bool hasMarker)
{
    private readonly Option<string?> _sort = new("--sort")
    {
        HelpName = "KEY[:asc|desc],…",
        Description = $"In this order: {sortKeys} (created_at:desc).",
    };
    private readonly Option<int?> _limit = CommonOptions.Number<int>("--limit", "N", "At most so many (all).");
    private readonly Option<long?> _offset = CommonOptions.Number<long>("--offset", "N", "Skip so many first.");
    private readonly Option<string?> _marker = new("--marker") { HelpName = "ID", Description = "Continue after the one with this id." };

    public void AddTo(Command command)
    {
        foreach (var option in hasMarker ? (Option[])[_sort, _limit, _offset, _marker] : [_sort, _limit, _offset])
        {
            command.Options.Add(option);
        }
    }

    public ListRequest Read(ParseResult parse, params (string Name, string? Value)[] filters) =>
        new()
        {
            Filters = filters,
            Sort = parse.GetValue(_sort),
            Limit = parse.GetValue(_limit),
            Offset = parse.GetValue(_offset),
            Marker = hasMarker ? parse.GetValue(_marker) : null,
        };

    /// <summary>A count takes filters and nothing else.</summary>
    public void ThrowIfGiven(ParseResult parse)
    {
        if (Read(parse) is not { Sort: null, Limit: null, Offset: null, Marker: null })
        {
            throw new UsageException("--count counts all that match: it does not go with --sort, --limit, --offset and --marker.");
        }
    }

    public static Option<bool> Count() => new("--count") { Description = "Print only how many match." };

    public static void PrintCount(long count, OutputForm form)
    {
        switch (form)
        {
            case OutputForm.Json:
                JsonOut.Write(new CountOut(count), VerbJson.Default.CountOut);
                break;
            case OutputForm.Csv:
                CsvOut.Write(["count"], [JsonSerializer.SerializeToElement(new CountOut(count), VerbJson.Default.CountOut)]);
                break;
            default:
                Console.WriteLine(count);
                break;
        }
    }
}
