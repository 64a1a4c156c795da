using Holdfast.Server.Health;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Metrics;

/// <summary><c>GET /metrics</c> in Prometheus' text format. It names projects and volumes, so only who is on this machine is answered,
/// unless the settings say otherwise.</summary>
internal sealed class MetricsEndpoint(ServerSettings settings, ProcessMetrics process, CatalogLook catalog, ServiceHealth health)
    : IEndpoints
{
    /// <summary>Headers of a request that a proxy passes on: it may come from anywhere. The last two are what is left of the others when
    /// they were believed.</summary>
    private static readonly string[] OfProxies =
    [
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "X-Real-IP",
        "X-Original-Host",
        "X-Original-Proto",
        "X-Original-Prefix",
    ];

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", AnswerAsync).OpenToAll().ExcludeFromDescription();

    private async Task AnswerAsync(HttpContext context)
    {
        if (!settings.AreMetricsPublic && !IsFromHere(context))
        {
            throw VbsErrors.Forbidden(
                "metrics name projects and volumes and are told to this machine only; set Metrics:Public=true where everybody who reaches "
                    + "the service may have them"
            );
        }

        var cancel = context.RequestAborted;
        var (looking, well) = (catalog.LookAsync(cancel), health.LookAsync());
        var (facts, parts, counted) = (await looking, await well, await process.ToTextAsync(cancel));
        context.Response.ContentType = MetricText.ContentType;
        context.Response.Headers.CacheControl = "no-store";
        using var text = new MetricText(context.Response.BodyWriter);
        text.Begin(MetricFamilies.CatalogUp);
        text.Add(facts is null ? 0 : 1);
        text.Begin(MetricFamilies.Ready);
        foreach (var part in parts)
        {
            text.Add(MetricText.LabelsOf("part", part.Name), part.IsWell ? 1 : 0);
        }

        text.Write(counted);
        if (facts is not null)
        {
            ServiceMetrics.Write(text, facts);
            await VolumeMetrics.WriteAsync(text, facts, cancel);
        }

        await text.EndAsync(cancel);
    }

    private bool IsFromHere(HttpContext context) =>
        ListenAddress.IsLoopback(settings.Listen) && !OfProxies.Any(context.Request.Headers.ContainsKey);
}
