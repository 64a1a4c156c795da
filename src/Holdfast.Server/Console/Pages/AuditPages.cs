using Holdfast.Control.Audit;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Who changed what.</summary>
internal sealed class AuditPages(ConsoleDoor door, PageWriter pages, AuditStore audit, AuditTrail trail) : IEndpoints
{
    private const int PageSize = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/audit", ListAsync, Role.Admin);
        door.Act(routes, "/audit/verify", VerifyAsync, Role.Admin);
    }

    private async Task ListAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        await trail.WriteWaitingAsync(cancel);
        var before = PageQuery.Number(context, "before", least: 0, most: int.MaxValue);
        var (actor, action) = (PageQuery.Text(context, "actor"), PageQuery.Text(context, "action"));
        var query = new AuditQuery
        {
            Before = before == 0 ? null : before,
            Actor = actor.Length > 0 ? actor : null,
            Action = action.Length > 0 ? action : null,
            Limit = PageSize + 1,
        };
        var rows = await audit.ListAsync(query, cancel);
        await pages.WriteAsync<AuditPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Rows", rows.Take(PageSize).ToList()),
            ("Actor", actor),
            ("Action", action),
            ("IsFirst", before == 0),
            ("Next", rows.Count > PageSize ? rows[PageSize - 1].Number : null)
        );
    }

    private async Task VerifyAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var reply = await door.CallAsync(context, visit, "GET", $"/admin/v1/{visit.Project.Value}/audit/verify");
        if (!reply.IsGood)
        {
            door.GoOn(context, "/audit", reply, "");
            return;
        }

        var events = Words.Figures.Count(reply.Body.GetProperty("events").GetInt64(), "event", "events");
        door.GoOn(
            context,
            "/audit",
            reply.Body.GetProperty("sound").GetBoolean()
                ? new ConsoleNote(true, $"The chain is whole: {events}, none changed, removed or put in.")
                : new ConsoleNote(false, reply.Body.TextMember("why") ?? "The chain is broken.")
        );
    }
}
