using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Terminal;

/// <summary>How a verb is to print its list.</summary>
/// <param name="Paged">A table that is longer than the screen goes through a pager.</param>
internal sealed record ListOutput(OutputForm Form, bool Paged)
{
    /// <summary>Writes what the service answered for programs.</summary>
    /// <param name="fields">As <see cref="CsvOut.Write"/> takes them.</param>
    /// <returns>False where people are to read it: a table is the caller's to print.</returns>
    public bool Wrote(IEnumerable<JsonElement> items, string[] fields)
    {
        switch (Form)
        {
            case OutputForm.Json:
                JsonOut.WriteElements(items);
                return true;
            case OutputForm.Csv:
                CsvOut.Write(fields, items);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc cref="Wrote(IEnumerable{JsonElement}, string[])"/>
    /// <summary>The same, with <c>id</c> and <c>name</c> in front where the service calls them otherwise.</summary>
    public bool Wrote(IEnumerable<(string Id, string? Name, JsonElement Raw)> items, string[] fields) =>
        Form != OutputForm.Table
        && Wrote(
            items
                .Select(item => NamedOut.Of(item.Id, item.Name, item.Raw))
                .Select(named => JsonSerializer.SerializeToElement(named, TerminalJson.Default.NamedOut)),
            fields
        );

    /// <inheritdoc cref="Wrote(IEnumerable{JsonElement}, string[])"/>
    /// <summary>The same for what the verb made itself.</summary>
    public bool Wrote<T>(IReadOnlyList<T> items, JsonTypeInfo<IReadOnlyList<T>> type, string[] fields) =>
        Form != OutputForm.Table && Wrote(JsonSerializer.SerializeToElement(items, type).EnumerateArray(), fields);
}
