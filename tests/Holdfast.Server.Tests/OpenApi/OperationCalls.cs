using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>Calls operations by the names they have in the document, holds what is sent and what is answered against it, and keeps
/// count.</summary>
internal sealed partial class OperationCalls(TestServer server, DescribedApi api)
{
    /// <summary>What stands for <c>{name}</c> in a path.</summary>
    public Dictionary<string, string> Path { get; } = [];

    public HashSet<string> Called { get; } = [];

    /// <summary>Sends it, after everything that it needs was left out of it once and refused.</summary>
    public async Task<(JsonElement Body, HttpResponseMessage Response)> CallAsync(
        string operation,
        string? body = null,
        string query = "",
        string? token = null,
        string? subject = null
    )
    {
        if (body is not null)
        {
            var schema = (
                api.RequestOf(operation) ?? throw new InvalidOperationException($"{operation} has no body in the document.")
            ).GetProperty("schema");
            Assert.Empty(api.Check.Faults(JsonDocument.Parse(body).RootElement, schema, operation));
            foreach (var (less, what) in WithoutOne(schema, body))
            {
                var (status, text, _) = await SendAsync(operation, less, query, token, subject);
                Assert.True(
                    status is >= 400 and < 500 && api.Describes(operation, status),
                    $"{operation} without '{what}' was answered with {status} {text}"
                );
            }
        }

        var (answered, answer, response) = await SendAsync(operation, body, query, token, subject);
        Assert.True(answered == api.SuccessOf(operation), $"{operation} was answered with {answered} {answer}");
        Called.Add(operation);
        return (answer.Length == 0 ? default : JsonDocument.Parse(answer).RootElement, response);
    }

    /// <summary>Sends it, and what comes back must be what the document says of an answer with its status.</summary>
    public async Task<(int Status, string Text, HttpResponseMessage Response)> SendAsync(
        string operation,
        string? body,
        string query = "",
        string? token = null,
        string? subject = null
    )
    {
        var (method, pattern) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        var path = Parameter()
            .Replace(
                pattern,
                match =>
                    Path.TryGetValue(match.Groups[1].Value, out var value)
                        ? value
                        : throw new InvalidOperationException($"{operation}: nothing stands for {match.Value}")
            );
        using var request = new HttpRequestMessage(new HttpMethod(method), path + query);
        foreach (
            var (name, value) in new[] { ("X-Auth-Token", token ?? server.Token), ("X-Subject-Token", subject ?? "") }.Where(header =>
                header.Item2.Length > 0
            )
        )
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("OpenStack-API-Version", "volume latest");
        request.Headers.Add("Holdfast-Members", "true");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var (status, text) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var faults = api.Faults(operation, status, text, [.. response.Headers.Select(header => header.Key)]);
        Assert.True(!faults.Any(), $"{operation} {status}: {string.Join("; ", faults)}\n{text}");
        return (status, text, response);
    }

    /// <summary>The body once for each member that the schema requires, without it; of arrays the first element stands for all.</summary>
    private IEnumerable<(string Body, string Without)> WithoutOne(JsonElement schema, string body)
    {
        foreach (var path in Required(api.Resolve(schema), JsonNode.Parse(body)))
        {
            var copy = JsonNode.Parse(body);
            var holder = path.SkipLast(1).Aggregate(copy, (node, step) => node is JsonArray list ? list[0] : node?[step]);
            _ = holder is JsonObject members
                ? members.Remove(path[^1])
                : throw new InvalidOperationException($"{string.Join('.', path)} is in no object.");
            yield return (copy?.ToJsonString() ?? "", string.Join('.', path));
        }
    }

    private static IEnumerable<string[]> Required(JsonElement schema, JsonNode? value) =>
        value switch
        {
            JsonArray { Count: > 0 } list => Required(schema.GetProperty("items"), list[0]).Select(path => (string[])["0", .. path]),
            JsonObject members when schema.TryGetProperty("properties", out var properties) => (
                schema.TryGetProperty("required", out var names)
                    ? names.EnumerateArray().Select(name => (string[])[name.GetString() ?? ""])
                    : []
            ).Concat(
                members
                    .Where(member => properties.TryGetProperty(member.Key, out _))
                    .SelectMany(member =>
                        Required(properties.GetProperty(member.Key), member.Value).Select(path => (string[])[member.Key, .. path])
                    )
            ),
            _ => [],
        };

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}
