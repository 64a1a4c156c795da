using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Metrics;

/// <summary>Measures how long each request takes.</summary>
internal sealed class RequestTimes(RequestDelegate next, ProcessMetrics metrics, TimeProvider clock)
{
    /// <summary>What strangers send must not make a new series each time: neither paths without a route nor methods that nobody
    /// has.</summary>
    private const string None = "none";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public async Task InvokeAsync(HttpContext context)
    {
        var began = clock.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? None;
            var method = Methods.Contains(context.Request.Method) ? context.Request.Method : None;
            metrics.AddRequest(route, method, context.Response.StatusCode, clock.GetElapsedTime(began));
        }
    }
}
