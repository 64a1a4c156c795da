using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control.Drills;
using Holdfast.Control.Figures;
using Holdfast.Control.Users;
using Holdfast.Server.Admin;
using Holdfast.Server.Health;
using Holdfast.Server.Http;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>The repository, its drills, and the settings that are in force.</summary>
internal sealed class ServicePages(
    ConsoleDoor door,
    PageWriter pages,
    DrillStore drills,
    ServiceFigureStore figures,
    ServiceHealth health,
    ServiceLimits limits,
    ServerSettings settings
) : IEndpoints
{
    private const int MostDrills = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/drills", DrillsAsync);
        door.Act(routes, "/drills", OrderDrillsAsync, Role.Admin);
        door.Page(routes, "/repository", RepositoryAsync, Role.Admin);
        door.Act(routes, "/repository", OrderAsync, Role.Admin);
        door.Page(routes, "/settings", SettingsAsync, Role.Admin);
        door.Act(routes, "/settings/limits", LimitAsync, Role.Admin);
    }

    private async Task DrillsAsync(HttpContext context, ConsoleVisit visit) =>
        await pages.WriteAsync<DrillsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Drills", visit.IsAdmin ? await drills.ListAsync(visit.Project, null, MostDrills, context.RequestAborted) : [])
        );

    private async Task OrderDrillsAsync(HttpContext context, ConsoleVisit visit, IFormCollection form) =>
        door.GoOn(
            context,
            "/drills",
            await door.CallAsync(context, visit, "POST", $"/admin/v1/{visit.Project.Value}/drills", new JsonObject { ["all"] = true }),
            "The drills are ordered; they run one after the other."
        );

    private async Task RepositoryAsync(HttpContext context, ConsoleVisit visit)
    {
        var known = await figures.ReadAsync(context.RequestAborted);
        var told = await door.CallAsync(context, visit, "GET", $"/admin/v1/{visit.Project.Value}/repository");
        await pages.WriteAsync<RepositoryPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Parts", (await health.LookAsync()).Select(part => (part.Name, part.Reason)).ToList()),
            ("Last", known.Prune),
            ("Ends", known.Upkeep),
            ("Facts", told.IsGood ? FactsOf(told.Body) : [("It cannot be looked at now", told.Message)])
        );
    }

    private async Task OrderAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var kind = form["kind"].ToString() is "check" or "copy" ? form["kind"].ToString() : "prune";
        var reply = await door.CallAsync(context, visit, "POST", $"/admin/v1/{visit.Project.Value}/repository/{kind}");
        door.GoOn(
            context,
            reply.IsGood && reply.Body.TextMember("job_id") is { } job ? $"/jobs/{job}" : "/repository",
            reply,
            "It is ordered. This goes on without this page."
        );
    }

    private async Task SettingsAsync(HttpContext context, ConsoleVisit visit) =>
        await pages.WriteAsync<SettingsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Settings", settings.InForce()),
            (
                "Limits",
                new (string, string, long)[]
                {
                    ("read", "Read from volumes", limits.Now.Set.Read),
                    ("write", "Written to the store", limits.Now.Set.StoreWrite),
                    ("store_read", "Read from the store", limits.Now.Set.StoreRead),
                }
            ),
            ("Hours", limits.Now.Set.Hours?.ToString())
        );

    private async Task LimitAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var body = new JsonObject { ["hours"] = form["hours"].ToString().Trim() };
        foreach (
            var (field, member) in ((string, string)[])
                [
                    ("read", "read_bytes_per_second"),
                    ("write", "store_write_bytes_per_second"),
                    ("store_read", "store_read_bytes_per_second"),
                ]
        )
        {
            body[member] = long.TryParse(form[field].ToString(), out var number) ? JsonValue.Create(number) : JsonValue.Create(
                form[field].ToString()
            );
        }

        var reply = await door.CallAsync(context, visit, "PUT", $"/admin/v1/{visit.Project.Value}/limits", body);
        door.GoOn(context, "/settings", reply, "The limits hold from now on.");
    }

    private static List<(string, string)> FactsOf(JsonElement told) =>
        [
            .. from fact in told.EnumerateObject()
            where fact.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String
            select (
                Capital(fact.Name),
                fact.Name.Split('_').Contains("bytes") && fact.Value.TryGetInt64(out var bytes)
                    ? Words.Figures.Size(bytes)
                    : fact.Value.ToString()
            ),
        ];

    private static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');
}
