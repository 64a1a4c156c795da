using Holdfast.Control.Audit;
using Holdfast.Control.Exports;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>The audit log: who changed what, of all projects.</summary>
internal sealed class AuditEndpoints(AuditStore audit, AuditVerification verification, AuditTrail trail, CatalogExporter exporter)
    : IEndpoints
{
    private const int DefaultLimit = 100;

    /// <summary>Characters of what is asked for.</summary>
    private const int MostText = 200;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/audit", ListAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/audit/verify", VerifyAsync).Needs(Role.Admin);
    }

    private async Task ListAsync(HttpContext context)
    {
        var given = context.Request.Query;
        var query = new AuditQuery
        {
            Before = ListQuery.ReadNumber(given, "before", least: 0),
            After = ListQuery.ReadNumber(given, "after", least: 0),
            Actor = ListQuery.ReadLine(given, "actor", MostText),
            Action = ListQuery.ReadLine(given, "action", MostText),
            Project = ListQuery.ReadLine(given, "project", MostText),
            Limit = ListQuery.ReadLimit(given, DefaultLimit),
        };
        await trail.WriteWaitingAsync(context.RequestAborted);
        var rows = await audit.ListAsync(query, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new AuditListAnswer([.. rows.Select(Of)]),
            AdminJson.Default.AuditListAnswer
        );
    }

    private async Task VerifyAsync(HttpContext context)
    {
        await trail.WriteWaitingAsync(context.RequestAborted);
        var exported = await FindExportedAsync(context.RequestAborted);
        var verdict = await verification.RunAsync(exported, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new AuditVerifyAnswer(
                verdict.IsSound,
                verdict.Events,
                verdict.FirstBroken,
                verdict.Why,
                verdict.Head.Hash,
                verdict.Head.Number,
                verdict.Compared?.Number
            ),
            AdminJson.Default.AuditVerifyAnswer
        );
    }

    /// <summary>A repository that is away is no reason not to look at the catalog.</summary>
    private async Task<AuditHead?> FindExportedAsync(CancellationToken cancel)
    {
        try
        {
            return await exporter.FindAuditAsync(cancel);
        }
        catch (HoldfastException)
        {
            return null; // that nothing was compared is told
        }
    }

    private static AuditEventAnswer Of(AuditRow row) =>
        new(
            row.Number,
            row.At,
            row.Event.Kind == AuditKind.Begun ? "begun" : "done",
            row.Event.Began,
            new AuditActorAnswer(row.Event.ActorId, row.Event.ActorName),
            row.Event.Source,
            row.Event.Project,
            row.Event.Action,
            row.Event.Target,
            row.Event.Status,
            row.Event.Code,
            row.Event.Details,
            row.Hash
        );
}
