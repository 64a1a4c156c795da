using System.Globalization;
using Holdfast.Control.Users;
using Holdfast.Server.Errors;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>The OpenAPI document, made from the endpoints that there are; what is said of each is in <see cref="OperationTable"/>.</summary>
internal sealed class ApiDocument(EndpointDataSource endpoints)
{
    private const string TokenScheme = "token";
    private const string SignatureScheme = "signature";

    /// <summary>In the order of the page: first what the service is for.</summary>
    public static readonly IReadOnlyList<string> Tags = ["Backup jobs", "Policies", "Policy tags", "Backups by job", "Backups", "Sharing", "Volumes", "Identity", "Operation", "Discovery"];

    private readonly OperationTable _texts = OperationTable.Load();

    /// <summary>Endpoints that answer something other than the API: the page to read it, and benchmarks.</summary>
    public static bool IsDocumented(Endpoint endpoint) => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null;

    public OpenApiDocument Make()
    {
        var document = new OpenApiDocument
        {
            Info = new OpenApiInfo
            {
                Title = "Holdfast",
                Version = typeof(ApiDocument).Assembly.GetName().Version?.ToString(3) ?? "0",
                Description = "A volume backup service that answers the Volume Backup Service API (VBS v2) and OpenStack's backup API.",
            },
            Servers = [new OpenApiServer { Url = "/" }],
            Paths = [],
            Components = new OpenApiComponents
            {
                Schemas = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal),
                SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
                {
                    [TokenScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Auth-Token", Description = "A token of the identity service." },
                    [SignatureScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "Authorization", Description = "SDK-HMAC-SHA256: the request signed with an access key." },
                },
            },
            Tags = new HashSet<OpenApiTag>(Tags.Select(name => new OpenApiTag { Name = name })),
        };
        var schemas = new SchemaOfExample(document);
        foreach (var (name, example) in _texts.Schemas)
        {
            document.AddComponent(name, schemas.Make(example));
        }

        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>().Where(IsDocumented))
        {
            Add(document, schemas, endpoint);
        }

        document.RegisterComponents();
        return document;
    }

    /// <summary>Methods and pattern of an endpoint as <see cref="OperationTable"/> names them.</summary>
    public static IEnumerable<(string Method, string Pattern)> OperationsOf(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => (method, endpoint.RoutePattern.RawText ?? ""));

    private void Add(OpenApiDocument document, SchemaOfExample schemas, RouteEndpoint endpoint)
    {
        foreach (var (method, pattern) in OperationsOf(endpoint))
        {
            if (_texts.Find(method, pattern) is not { } text)
            {
                continue;
            }

            if (!document.Paths.TryGetValue(pattern, out var item))
            {
                document.Paths.Add(pattern, item = new OpenApiPathItem());
            }

            ((OpenApiPathItem)item).AddOperation(new HttpMethod(method), Describe(document, schemas, endpoint, text, method, pattern));
        }
    }

    private OpenApiOperation Describe(OpenApiDocument document, SchemaOfExample schemas, RouteEndpoint endpoint, OperationText text, string method, string pattern)
    {
        var login = endpoint.Metadata.GetMetadata<NeedsLogin>();
        var isOpen = login is null && endpoint.Metadata.GetMetadata<OpenToAll>() is not null;
        var needed = login is { AdminOnly: true } ? Role.Admin : endpoint.Metadata.GetMetadata<NeedsRole>()?.Role ?? (method == "GET" ? Role.Reader : Role.Member);
        var operation = new OpenApiOperation
        {
            OperationId = $"{method}{pattern}".Replace('/', '_').Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal),
            Summary = text.Summary,
            Description = isOpen || login is { AdminOnly: false } ? text.Description : $"{text.Description} Needs the role {needed.ToString().ToLowerInvariant()}.".TrimStart(),
            Tags = new HashSet<OpenApiTagReference> { new(text.Tag, document) },
            Parameters = [.. endpoint.RoutePattern.Parameters.Select(parameter => InPath(parameter.Name)), .. text.Query.Select(InQuery)],
            Responses = [],
        };
        if (text.Request is not null)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = Json(schemas, text.Request) };
        }

        operation.Responses.Add(text.Status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse { Description = text.Summary, Content = text.Response is null ? null : Json(schemas, text.Response) });
        if (!isOpen)
        {
            var error = ApiFamilies.Of(pattern) switch { ApiFamily.Native => "nativeError", ApiFamily.Identity => "identityError", _ => "vbsError" };
            operation.Responses.Add("default", new OpenApiResponse { Description = "A refusal, or a failure inside", Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = new OpenApiSchemaReference(error, document) } } });
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(TokenScheme, document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SignatureScheme, document)] = [] },
            ];
        }

        return operation;
    }

    private OpenApiParameter InPath(string name) =>
        new OpenApiParameter { Name = name, In = ParameterLocation.Path, Required = true, Description = _texts.Parameters.GetValueOrDefault(name), Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiParameter InQuery(KeyValuePair<string, string> parameter) => new OpenApiParameter
    {
        Name = parameter.Key,
        In = ParameterLocation.Query,
        Description = parameter.Value,
        Schema = new OpenApiSchema
        {
            Type = parameter.Value.StartsWith("integer", StringComparison.Ordinal) ? JsonSchemaType.Integer : parameter.Value.StartsWith("boolean", StringComparison.Ordinal) ? JsonSchemaType.Boolean : JsonSchemaType.String,
        },
    };

    private Dictionary<string, OpenApiMediaType> Json(SchemaOfExample schemas, System.Text.Json.Nodes.JsonNode example) =>
        new() { ["application/json"] = new OpenApiMediaType { Schema = schemas.Make(example), Example = SchemaOfExample.Resolve(example, _texts.Schemas) } };
}
