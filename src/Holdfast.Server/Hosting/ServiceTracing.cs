using Holdfast.Engine.Basics;
using Holdfast.Server.Metrics;
using Holdfast.Server.Settings;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Holdfast.Server.Hosting;

/// <summary>Sends spans of requests, jobs and requests to stores to a receiver of OTLP, where the settings name one. What they do not say
/// (headers, sampling, the service's name) the library takes from the environment, as its specification has it.</summary>
internal static class ServiceTracing
{
    /// <summary>Asked each few seconds by machines; a trace of each would bury the rest.</summary>
    private static readonly string[] Probes = ["/health", "/healthz", "/metrics"];

    public static void Configure(IServiceCollection services, ServerSettings settings)
    {
        if (settings.TracesEndpoint is not { } endpoint)
        {
            return;
        }

        services
            .AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService("holdfast", serviceVersion: ProcessMetrics.Version()).AddEnvironmentVariableDetector()
            )
            .WithTracing(tracing =>
                tracing
                    .AddSource(Tracing.Name)
                    .AddAspNetCoreInstrumentation(requests =>
                        requests.Filter = context =>
                            !Probes.Any(probe => context.Request.Path.StartsWithSegments(probe, StringComparison.Ordinal))
                    )
                    .AddOtlpExporter(exporter =>
                    {
                        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                        exporter.Endpoint = new Uri($"{endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/traces");
                    })
            );
    }
}
