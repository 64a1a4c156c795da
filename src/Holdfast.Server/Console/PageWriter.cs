using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Console;

/// <summary>Turns a component into the whole of an answer. Pages are complete in the first response: no circuit, no script that must run
/// before they are right (docs/decisions/0035).</summary>
internal sealed class PageWriter(IServiceProvider services, ILoggerFactory logs)
{
    /// <summary>Nothing from elsewhere, nothing inline, no frame around it, and no copy of it kept.</summary>
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
            + "base-uri 'none'; frame-ancestors 'none'";

    public async Task WriteAsync<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TPage>(
        HttpContext context,
        int status,
        params (string Name, object? Value)[] parameters
    )
        where TPage : IComponent
    {
        await using var renderer = new HtmlRenderer(services, logs);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
            (
                await renderer.RenderComponentAsync<TPage>(
                    ParameterView.FromDictionary(parameters.ToDictionary(one => one.Name, one => one.Value))
                )
            ).ToHtmlString()
        );
        Protect(context.Response.Headers);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        var bytes = Encoding.UTF8.GetBytes(html);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    public static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.CacheControl = "no-store";
    }
}
