using System.Text;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Holdfast.Server.OpenApi;

/// <summary>The OpenAPI document, and a page to read and try it. Nothing of the page comes from elsewhere.</summary>
internal sealed class ApiDocumentEndpoints(EndpointDataSource endpoints) : IEndpoints
{
    private const string DocumentPath = "/openapi/v1.json";

    /// <summary>Made at the first question, when all endpoints are there.</summary>
    private readonly Lazy<Task<byte[]>> _document = new(async () =>
        Encoding.UTF8.GetBytes(await new ApiDocument(endpoints).Make().SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))
    );

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(DocumentPath, AnswerAsync).OpenToAll();
        routes.MapScalarApiReference("/docs", Configure).ExcludeFromDescription().OpenToAll();
    }

    /// <summary>The page would ask other servers for fonts, help and leave to count; here it may not, and the browser sees to it.</summary>
    private static void Configure(ScalarOptions options, HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src "
                + "'self' data:; frame-ancestors 'none'";
        options.Title = "Holdfast";
        options.OpenApiRoutePattern = DocumentPath;
        options.DefaultFonts = false;
        options.ProxyUrl = null;
        options.HideClientButton = true;
        options.DisableTelemetry().DisableAgent().HideDeveloperTools().AddPreferredSecuritySchemes(ApiDocument.TokenScheme);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var bytes = await _document.Value;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
