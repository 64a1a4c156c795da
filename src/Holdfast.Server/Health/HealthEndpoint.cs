using System.Text.Json;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Health;

/// <summary><c>GET /healthz</c> and <c>/health/ready</c>: 200 when all is well, else 503, and which part is ill. <c>/health/live</c>: 200
/// as long as the process answers, whatever is ill. Open to strangers.</summary>
internal sealed class HealthEndpoint(ServiceHealth health) : IEndpoints
{
    private static readonly string[] Methods = ["GET", "HEAD"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/healthz", Methods, AnswerAsync).OpenToAll();
        routes.MapMethods("/health/ready", Methods, AnswerAsync).OpenToAll();
        routes.MapMethods("/health/live", Methods, LiveAsync).OpenToAll();
    }

    /// <summary>Looks at nothing: who restarts a service because its disk is away has two problems.</summary>
    private static Task LiveAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            StatusOf(isWell: true),
            static (json, status) =>
            {
                json.WriteStartObject();
                json.WriteString("status", status);
                json.WriteEndObject();
            }
        );

    private async Task AnswerAsync(HttpContext context)
    {
        var parts = await health.LookAsync();
        var isWell = parts.All(part => part.IsWell);
        await JsonAnswer.WriteAsync(
            context,
            isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            parts,
            static (json, parts) => Write(json, parts)
        );
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<PartHealth> parts)
    {
        json.WriteStartObject();
        json.WriteString("status", StatusOf(parts.All(part => part.IsWell)));
        json.WriteStartObject("parts");
        foreach (var part in parts)
        {
            json.WriteStartObject(part.Name);
            json.WriteString("status", StatusOf(part.IsWell));
            if (part.Reason is { } reason)
            {
                json.WriteString("reason", reason);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string StatusOf(bool isWell) => isWell ? "ok" : "ill";
}
