using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Control.Users;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>The OpenAPI document, made from the endpoints that there are; what is said of each is in <see cref="OperationTable"/> and
/// <see cref="MemberRules"/>.</summary>
internal sealed class ApiDocument
{
    public const string TokenScheme = "token";
    private const string SignatureScheme = "signature";

    /// <summary>In the order of the page: first what the service is for.</summary>
    public static readonly IReadOnlyDictionary<string, string> Tags = new OrderedDictionary<string, string>
    {
        ["Backup jobs"] = "What policies have done: one job a run and volume.",
        ["Policies"] = "When volumes are backed up and how long their backups are kept.",
        ["Policy tags"] = "Keys and values on policies, and policies by them.",
        ["Backups by job"] = "Backups in the style of the Volume Backup Service: every order is a job.",
        ["Backups"] = "Backups in OpenStack's style, under /v2 and /v3.",
        ["Sharing"] = "Backups that other projects may see and make volumes of.",
        ["Volumes"] = "Volumes in OpenStack's style, under /v2 and /v3.",
        ["Identity"] = "Tokens, users, projects and access keys, in Keystone's style.",
        ["Operation"] = "What the two other APIs have no operation for.",
        ["Discovery"] = "Which versions there are.",
    };

    private readonly EndpointDataSource _endpoints;
    private readonly OperationTable _texts = OperationTable.Load();
    private readonly OpenApiDocument _document;
    private readonly SchemaOfExample _schemas;
    private readonly ApiHeaders _headers;
    private readonly Refusals _refusals;

    public ApiDocument(EndpointDataSource endpoints)
    {
        _endpoints = endpoints;
        _document = new OpenApiDocument
        {
            Info = ApiIntroduction.Make(),
            Servers = [new OpenApiServer { Url = "/" }],
            Paths = [],
            Components = new OpenApiComponents
            {
                SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
                {
                    [TokenScheme] = new OpenApiSecurityScheme
                    {
                        Type = SecuritySchemeType.ApiKey,
                        In = ParameterLocation.Header,
                        Name = "X-Auth-Token",
                        Description =
                            "A token: what `holdfast token issue` prints, or the header X-Subject-Token of the answer to POST "
                                + "/identity/v3/auth/tokens.",
                    },
                    [SignatureScheme] = new OpenApiSecurityScheme
                    {
                        Type = SecuritySchemeType.ApiKey,
                        In = ParameterLocation.Header,
                        Name = "Authorization",
                        Description = "SDK-HMAC-SHA256: the request signed with an access key.",
                    },
                },
            },
            Tags = new HashSet<OpenApiTag>(Tags.Select(tag => new OpenApiTag { Name = tag.Key, Description = tag.Value })),
        };
        _schemas = new SchemaOfExample(_document, Rules);
        _headers = new ApiHeaders(_document, Rules, _texts.Headers);
        _refusals = new Refusals(_document, _headers);
    }

    public MemberRules Rules { get; } = MemberRules.Load();

    /// <summary>Endpoints that answer something other than the API: the page to read it, and benchmarks.</summary>
    public static bool IsDocumented(Endpoint endpoint) => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null;

    /// <summary>Methods and pattern of an endpoint as <see cref="OperationTable"/> names them.</summary>
    public static IEnumerable<(string Method, string Pattern)> OperationsOf(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method =>
            (method, endpoint.RoutePattern.RawText ?? "")
        );

    /// <summary>To be called once.</summary>
    public OpenApiDocument Make()
    {
        foreach (var (name, example) in _texts.Schemas)
        {
            _document.AddComponent(name, Answered(name, example));
        }

        _refusals.AddNative(Answered);
        foreach (var endpoint in _endpoints.Endpoints.OfType<RouteEndpoint>().Where(IsDocumented))
        {
            Add(endpoint);
        }

        _document.RegisterComponents();
        return _document;
    }

    private IOpenApiSchema Answered(string name, JsonNode? example) => _schemas.Make(name, new BodyText(example, Asked: false, [], null));

    private void Add(RouteEndpoint endpoint)
    {
        foreach (var (method, pattern) in OperationsOf(endpoint))
        {
            if (_texts.Find(method, pattern) is not { } text)
            {
                continue;
            }

            if (!_document.Paths.TryGetValue(pattern, out var item))
            {
                _document.Paths.Add(pattern, item = new OpenApiPathItem());
            }

            ((OpenApiPathItem)item).AddOperation(new HttpMethod(method), Describe(endpoint, text, method, pattern));
        }
    }

    private OpenApiOperation Describe(RouteEndpoint endpoint, OperationText text, string method, string pattern)
    {
        var login = endpoint.Metadata.GetMetadata<NeedsLogin>();
        var isOpen = login is null && endpoint.Metadata.GetMetadata<OpenToAll>() is not null;
        var needed = login is { AdminOnly: true }
            ? Role.Admin
            : endpoint.Metadata.GetMetadata<NeedsRole>()?.Role ?? (method == "GET" ? Role.Reader : Role.Member);
        var operation = new OpenApiOperation
        {
            OperationId = $"{method}{pattern}"
                .Replace('/', '_')
                .Replace("{", "", StringComparison.Ordinal)
                .Replace("}", "", StringComparison.Ordinal),
            Summary = text.Summary,
            Description =
                isOpen || login is { AdminOnly: false }
                    ? text.Description
                    : $"{text.Description} Needs the role {needed.ToString().ToLowerInvariant()}.".TrimStart(),
            Tags = new HashSet<OpenApiTagReference> { new(text.Tag, _document) },
            Parameters =
            [
                .. endpoint.RoutePattern.Parameters.Select(parameter => InPath(parameter.Name)),
                .. text.Query.Select(parameter => InQuery(parameter, text.QueryName ?? pattern[(pattern.LastIndexOf('/') + 1)..])),
                .. _headers.OfRequest(text, pattern),
            ],
            RequestBody = text.Asked is { } asked ? new OpenApiRequestBody { Required = true, Content = Json(asked, text.Request) } : null,
            Responses = new OpenApiResponses
            {
                [text.Status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
                {
                    Description = text.Summary,
                    Headers = _headers.OfAnswer(text, pattern),
                    Content = text.Answered is { } answered ? Json(answered, text.Response) : null,
                },
            },
            Security = isOpen ? [] : [Scheme(TokenScheme), Scheme(SignatureScheme)],
        };
        _refusals.AddTo(operation, endpoint, text, pattern);
        return operation;
    }

    private OpenApiSecurityRequirement Scheme(string name) => new() { [new OpenApiSecuritySchemeReference(name, _document)] = [] };

    private OpenApiParameter InPath(string name)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        MemberRules.Apply(Rules.OfPath(name), schema);
        return new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Path,
            Required = true,
            Description = _texts.Parameters.GetValueOrDefault(name),
            Schema = schema,
        };
    }

    private OpenApiParameter InQuery(KeyValuePair<string, string> parameter, string owner)
    {
        var text = parameter.Value;
        var schema = new OpenApiSchema
        {
            Type =
                text.StartsWith("integer", StringComparison.Ordinal) ? JsonSchemaType.Integer
                : text.StartsWith("boolean", StringComparison.Ordinal) ? JsonSchemaType.Boolean
                : JsonSchemaType.String,
        };
        MemberRules.Apply(Rules.OfQuery(owner, parameter.Key), schema);
        return new OpenApiParameter
        {
            Name = parameter.Key,
            In = ParameterLocation.Query,
            Description = text,
            Schema = schema,
        };
    }

    private Dictionary<string, OpenApiMediaType> Json(BodyText body, JsonNode? example) =>
        new()
        {
            ["application/json"] = new OpenApiMediaType
            {
                Schema = _schemas.Make("", body),
                Example = SchemaOfExample.Resolve(example, _texts.Schemas),
            },
        };
}
