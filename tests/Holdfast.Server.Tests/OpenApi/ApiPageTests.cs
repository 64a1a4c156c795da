using System.Text.Json.Nodes;
using Holdfast.Server.OpenApi;
using Holdfast.Testing;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>The page <c>docs/api.md</c> has every operation, as the service describes it.</summary>
public sealed class ApiPageTests
{
    [Fact]
    public void The_page_lists_every_operation_as_the_service_describes_it() =>
        Assert.Equal(
            Expected(),
            File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs", "api.md"))
                .SkipWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
                .Where(line => line.Length > 0 && !line.StartsWith("| |", StringComparison.Ordinal) && !line.StartsWith("| ---"))
        );

    private static IEnumerable<string> Expected()
    {
        var operations = OperationTable.Open("operations.json");
        var queries = OperationTable.Open("components.json")["queries"];
        foreach (var (tag, text) in ApiDocument.Tags)
        {
            yield return $"## {tag}";
            yield return text;
            foreach (var (key, operation) in operations.Where(operation => Text(operation.Value, "tag") == tag))
            {
                var query = operation?["query"] is JsonValue name ? queries?[name.GetValue<string>()] : operation?["query"];
                var names = string.Join(", ", (query as JsonObject ?? []).Select(parameter => $"`{parameter.Key}`"));
                var (method, path) = (key.Split(' ')[0], key.Split(' ')[1].Replace("|", " or ", StringComparison.Ordinal));
                var row = $"| {method} | `{path}` | {operation?["status"] ?? 200} | {Text(operation, "summary")} | {names} |";
                yield return row.Replace("|  |", "| |", StringComparison.Ordinal);
            }
        }
    }

    private static string Text(JsonNode? operation, string member) => operation?[member]?.GetValue<string>() ?? "";
}
