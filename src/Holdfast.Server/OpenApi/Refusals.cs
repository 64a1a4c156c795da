using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>The answers that are refusals: which an operation has, and their bodies, which are those of its path's family.</summary>
internal sealed class Refusals(OpenApiDocument document, ApiHeaders headers)
{
    private const string Fault = "nativeFault";
    private const string NativeError = "nativeError";

    private static readonly int[] NativeStatuses = [400, 401, 403, 404, 405, 409, 413, 415, 500, 501, 503];

    private static readonly Dictionary<int, string> Meanings = new()
    {
        [400] = "What was sent is not right, or not now",
        [401] = "Without a token, or one that is good",
        [403] = "Not for this caller",
        [404] = "There is no such thing",
        [409] = "Something else is going on, or would be twice",
        [413] = "More than the quota, or a body that is too large",
        [429] = "Too many logins at once",
    };

    /// <summary>A native refusal has one member, named after its status.</summary>
    public void AddNative(Func<string, JsonNode, IOpenApiSchema> make)
    {
        document.AddComponent(Fault, make(Fault, new JsonObject { ["code"] = 404, ["message"] = "there is no backup 'x'" }));
        document.AddComponent(
            NativeError,
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                MinProperties = 1,
                MaxProperties = 1,
                Properties = NativeStatuses
                    .Select(VbsErrors.NativeNameOf)
                    .Distinct()
                    .ToDictionary(name => name, IOpenApiSchema (_) => new OpenApiSchemaReference(Fault, document), StringComparer.Ordinal),
            }
        );
    }

    public void AddTo(OpenApiOperation operation, RouteEndpoint endpoint, OperationText text, string pattern)
    {
        var error = ApiFamilies.Of(pattern) switch
        {
            ApiFamily.Native => NativeError,
            ApiFamily.Identity => "identityError",
            _ => "vbsError",
        };
        foreach (var status in StatusesOf(operation, endpoint).Concat(text.Refusals).Order())
        {
            Add(operation, error, status.ToString(CultureInfo.InvariantCulture), Meanings[status]);
        }

        Add(operation, error, "default", "Another refusal, or a failure inside");
    }

    private void Add(OpenApiOperation operation, string error, string status, string meaning)
    {
        var name = $"{error}.{status}";
        if (document.Components?.Responses?.ContainsKey(name) != true)
        {
            document.AddComponent<IOpenApiResponse>(
                name,
                new OpenApiResponse
                {
                    Description = meaning,
                    Headers = headers.OfEveryAnswer(),
                    Content = new Dictionary<string, OpenApiMediaType>
                    {
                        ["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(error, document) },
                    },
                }
            );
        }

        (operation.Responses ??= []).Add(status, new OpenApiResponseReference(name, document));
    }

    private static IEnumerable<int> StatusesOf(OpenApiOperation operation, RouteEndpoint endpoint)
    {
        var login = endpoint.Metadata.GetMetadata<NeedsLogin>();
        var isOpen = login is null && endpoint.Metadata.GetMetadata<OpenToAll>() is not null;
        if (
            operation.RequestBody is not null
            || operation.Parameters?.Any(parameter =>
                parameter.In == ParameterLocation.Query
                && endpoint.RoutePattern.RawText is { } pattern
                && ApiFamilies.Of(pattern) != ApiFamily.Identity
            ) == true
        )
        {
            yield return 400;
        }

        if (!isOpen)
        {
            yield return 401;
        }

        if (!isOpen && login is not { AdminOnly: false })
        {
            yield return 403;
        }

        if (endpoint.RoutePattern.Parameters.Any(parameter => parameter.Name != "project"))
        {
            yield return 404;
        }
    }
}
