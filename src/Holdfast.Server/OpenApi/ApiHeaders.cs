using Holdfast.Server.Http;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>Headers of requests and answers beside those that say who calls.</summary>
internal sealed class ApiHeaders(OpenApiDocument document, MemberRules rules, IReadOnlyDictionary<string, string> texts)
{
    private const string MicroVersion = "OpenStack-API-Version";

    private static readonly string[] RequestIds = ["X-Openstack-Request-Id", "X-Compute-Request-Id"];

    /// <summary>Names that help to find what a request did.</summary>
    public Dictionary<string, IOpenApiHeader> OfEveryAnswer() => RequestIds.ToDictionary(name => name, Header, StringComparer.Ordinal);

    public Dictionary<string, IOpenApiHeader> OfAnswer(OperationText text, string pattern) =>
        RequestIds
            .Concat(text.AnswerHeaders)
            .Concat(IsVersioned(pattern) ? [MicroVersion] : [])
            .ToDictionary(name => name, Header, StringComparer.Ordinal);

    public IEnumerable<IOpenApiParameter> OfRequest(OperationText text, string pattern) =>
        text
            .Headers.Select(name => Parameter(name, isRequired: true))
            .Concat(IsVersioned(pattern) ? [Parameter(MicroVersion, isRequired: false)] : [])
            .Concat(HasOwnMembers(pattern) ? [Parameter(OwnMembers.Header, isRequired: false)] : []);

    /// <summary>Whether what it answers may have members of ours: volumes and backups.</summary>
    private static bool HasOwnMembers(string pattern) =>
        pattern.Split('/') is ["", "v2" or "v3", _, "volumes" or "cloudvolumes" or "backups" or "os-volume-manage", ..]
            and not [_, _, _, _, _, "action" or "metadata" or "restore", ..];

    private static bool IsVersioned(string pattern) => pattern == "/v3" || pattern.StartsWith("/v3/", StringComparison.Ordinal);

    private IOpenApiHeader Header(string name)
    {
        if (document.Components?.Headers?.ContainsKey(name) != true)
        {
            document.AddComponent<IOpenApiHeader>(
                name,
                new OpenApiHeader
                {
                    Description = texts[name],
                    Required = true,
                    Schema = SchemaOf(name),
                }
            );
        }

        return new OpenApiHeaderReference(name, document);
    }

    private OpenApiParameterReference Parameter(string name, bool isRequired)
    {
        if (document.Components?.Parameters?.ContainsKey(name) != true)
        {
            document.AddComponent<IOpenApiParameter>(
                name,
                new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Header,
                    Required = isRequired,
                    Description = texts[name],
                    Schema = SchemaOf(name),
                }
            );
        }

        return new OpenApiParameterReference(name, document);
    }

    private OpenApiSchema SchemaOf(string name)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        MemberRules.Apply(rules.Find(name), schema);
        return schema;
    }
}
