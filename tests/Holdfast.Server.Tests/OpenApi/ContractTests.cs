using System.Text.Json;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>The document against the contract, which <see cref="ContractMembers"/> repeats word for word.</summary>
public sealed class ContractTests(TestServer server)
{
    /// <summary>Operations under two versions are two.</summary>
    public static TheoryData<string, int, string, string, string> Operations =>
        new(
            ContractMembers.All.SelectMany(row =>
                OperationsOf(row.Operation).Select(operation => (operation, row.Status, row.Query, row.Request, row.Answer))
            )
        );

    public static TheoryData<string, string, string> Words => new(ContractMembers.Words);

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_has_the_status_the_parameters_and_the_members_of_the_contract(
        string operation,
        int status,
        string query,
        string request,
        string answer
    )
    {
        var api = await DescribedApi.ReadAsync(server);
        Assert.Equal(status, api.SuccessOf(operation));

        // Lists in OpenStack's style may know more of OpenStack's parameters than the contract asks for.
        var parameters = api.ParametersOf(operation, "query")
            .Select(parameter => $"{parameter.GetProperty("name")}:{parameter.GetProperty("schema").GetProperty("type")}")
            .ToList();
        Assert.Empty(Sorted(query).Except(parameters));
        Assert.True(
            parameters.Count == Sorted(query).Count() || operation.Contains("}/backups", StringComparison.Ordinal),
            string.Join(' ', parameters)
        );
        Assert.Equal(Sorted(request), Members(api, SchemaOf(api.RequestOf(operation)), "").Order(StringComparer.Ordinal));

        // What is ours says so in its name.
        Assert.Equal(
            Sorted(answer),
            Members(api, AnsweredBy(api, operation), "")
                .Where(member => !member.Contains("holdfast:", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Words))]
    public async Task A_member_has_the_words_the_bounds_and_the_form_of_the_contract(string operation, string where, string facts)
    {
        var api = await DescribedApi.ReadAsync(server);
        var schema = where.Split(' ') switch
        {
            ["request", var path] => At(api, SchemaOf(api.RequestOf(operation)), path),
            [var place, var name] => api.ParametersOf(operation, place)
                .Single(parameter => parameter.GetProperty("name").GetString() == name)
                .GetProperty("schema"),
            _ => At(api, AnsweredBy(api, operation), where),
        };
        var told = schema
            .EnumerateObject()
            .Where(keyword => keyword.Name is not ("type" or "items"))
            .OrderBy(keyword => keyword.Name, StringComparer.Ordinal)
            .ToList();
        Assert.Equal(
            facts,
            schema.TryGetProperty("enum", out var words)
                ? string.Join("|", words.EnumerateArray())
                : string.Join(" ", told.Select(keyword => $"{keyword.Name}={keyword.Value}"))
        );
    }

    private static IEnumerable<string> OperationsOf(string operation) =>
        operation.Split(['{', '}'], 3) is [var before, var versions, var after] && versions.Contains('|', StringComparison.Ordinal)
            ? versions.Split('|').Select(version => before + version + after)
            : [operation];

    private static JsonElement SchemaOf(JsonElement? content) => content is { } there ? there.GetProperty("schema") : default;

    private static JsonElement AnsweredBy(DescribedApi api, string operation) =>
        api.AnswerOf(operation, api.SuccessOf(operation)).TryGetProperty("content", out var content)
            ? SchemaOf(content.GetProperty("application/json"))
            : default;

    private static IEnumerable<string> Sorted(string words) =>
        words.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    /// <summary>Every member with its type; ? where it may be left out. Objects and arrays are told by what they hold:
    /// <c>tasks[].job_id:string</c>.</summary>
    private static IEnumerable<string> Members(DescribedApi api, JsonElement schema, string path)
    {
        if (schema.ValueKind == JsonValueKind.Undefined)
        {
            return [];
        }

        schema = api.Resolve(schema);
        if (schema.TryGetProperty("items", out var items))
        {
            return items.TryGetProperty("properties", out _) || items.TryGetProperty("$ref", out _)
                ? Members(api, items, path + "[]")
                : [$"{path}[]:{TypeOf(items)}"];
        }

        if (!schema.TryGetProperty("properties", out var properties))
        {
            return schema.TryGetProperty("additionalProperties", out var any)
                ? [$"{path}.*:{TypeOf(any)}"]
                : [$"{path}:{TypeOf(schema, mayBeAbsent: path.EndsWith('?'))}"];
        }

        var required = schema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet()
            : [];
        return properties
            .EnumerateObject()
            .SelectMany(member =>
                Members(
                    api,
                    member.Value,
                    $"{(path.Length == 0 ? "" : path + ".")}{member.Name}{(required.Contains(member.Name) ? "" : "?")}"
                )
            );
    }

    /// <summary>What may be left out of a request may be null too; that is not told again.</summary>
    private static string TypeOf(JsonElement schema, bool mayBeAbsent = false)
    {
        var type = schema.GetProperty("type");
        return type.ValueKind == JsonValueKind.String
            ? type.GetString() ?? ""
            : string.Join(
                "|",
                type.EnumerateArray()
                    .Select(one => one.GetString())
                    .Where(one => one != "null" || !mayBeAbsent)
                    .Order(StringComparer.Ordinal)
            );
    }

    private static JsonElement At(DescribedApi api, JsonElement schema, string path) =>
        path.Split('.')
            .Aggregate(
                api.Resolve(schema),
                (node, name) =>
                {
                    var member = api.Resolve(node.GetProperty("properties").GetProperty(name.TrimEnd('[', ']')));
                    return name.EndsWith("[]", StringComparison.Ordinal) ? api.Resolve(member.GetProperty("items")) : member;
                }
            );
}
