using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>
/// An admin acts on any project's volume or backup by its id, under the path of their own project, as block storage services have it: the
/// request is carried out in the project that owns what it names. For all others what is another's is not there. See
/// docs/decisions/0023-what-an-admin-reaches.md.
/// </summary>
internal sealed class AdminReach(RequestDelegate next, AdminRight right, VolumeStore volumes, BackupStore backups)
{
    private static readonly string[] Volumes = ["volumes", "{volume}"];
    private static readonly string[] Backups = ["backups", "{backup}"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (
            context.Features.Get<Caller>() is { IsAdmin: true } caller
            && await OwnerAsync(context) is { } owner
            && owner != caller.Project
            && await right.HasAsync(context)
        )
        {
            context.Features.Set(caller with { Project = owner });
        }

        await next(context);
    }

    /// <summary>Whose is what a native path names; null where it names nothing that is there.</summary>
    private async Task<ProjectId?> OwnerAsync(HttpContext context)
    {
        if (
            context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } pattern }
            || pattern.Split('/') is not ["", "v2" or "v3", "{project}", var kind, var item, ..]
        )
        {
            return null;
        }

        string[] named = [kind, item];
        if (named.SequenceEqual(Volumes))
        {
            return VolumeId.TryParse((string?)context.GetRouteValue("volume"), null, out var volume)
                ? await volumes.FindOwnerAsync(volume, context.RequestAborted)
                : null;
        }

        return
            named.SequenceEqual(Backups)
            && BackupId.TryParse((string?)context.GetRouteValue("backup"), null, out var backup)
            ? await backups.FindOwnerAsync(backup, context.RequestAborted)
            : null;
    }
}
