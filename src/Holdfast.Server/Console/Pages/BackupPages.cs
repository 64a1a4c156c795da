using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Policies;
using Holdfast.Control.Retention;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.Console.Pages;

/// <summary>The backups, one backup, and what is done with it.</summary>
internal sealed class BackupPages(
    ConsoleDoor door,
    PageWriter pages,
    BackupStore backups,
    BackupRemoval removal,
    PolicyStore policies,
    RetentionPreview retention,
    JobLists jobs,
    VolumeNames names,
    IOptions<UpkeepOptions> upkeep
) : IEndpoints
{
    private const int PageSize = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/backups", ListAsync);
        door.Page(routes, "/backups/deleted", DeletedAsync);
        door.Page(routes, "/backups/{backup}", ShowAsync);
        door.Page(routes, "/backups/{backup}/restore", (context, visit) => RestoreFormAsync(context, visit), Control.Users.Role.Member);
        door.Act(routes, "/backups/{backup}/restore", RestoreAsync);
        door.Act(routes, "/backups/{backup}/share", ShareAsync);
        door.Act(routes, "/backups/{backup}/unshare", UnshareAsync);
        door.Act(routes, "/backups/{backup}/delete", DeleteAsync);
        door.Act(routes, "/backups/{backup}/undelete", UndeleteAsync);
        door.Act(routes, "/backups/{backup}/purge", PurgeAsync);
    }

    private async Task ListAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        var query = PageQuery.Text(context, "q");
        var wanted = PageQuery.Text(context, "status");
        var status = BackupStatuses.Shown.Where(one => one.WireName() == wanted).Select(one => (BackupStatus?)one).FirstOrDefault();
        var volume = VolumeId.TryParse(PageQuery.Text(context, "volume"), null, out var only) ? only : (VolumeId?)null;
        var marker = BackupId.TryParse(PageQuery.Text(context, "marker"), null, out var after) ? after : (BackupId?)null;
        var filter = new BackupFilter
        {
            Volume = volume,
            NamePart = query.Length == 0 ? null : query,
            Statuses = status is { } one ? [one] : null,
        };
        var page = await backups.ListAsync(visit.Project, filter, new BackupPage { Limit = PageSize + 1, Marker = marker }, cancel);
        var shown = page.Take(PageSize).ToList();
        await pages.WriteAsync<BackupsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Backups", shown),
            ("Reasons", await ReasonsOfAsync(visit, shown, cancel)),
            ("Names", await names.FindAsync(visit.Project, shown.Select(backup => (VolumeId?)backup.Volume).Append(volume), cancel)),
            ("Query", query),
            ("Status", status),
            ("Volume", volume),
            ("IsFirst", marker is null),
            ("Next", page.Count > PageSize ? shown[^1].Id : null)
        );
    }

    /// <summary>Why retention keeps each of them, or that it goes next.</summary>
    private async Task<Dictionary<BackupId, RetentionDecision>> ReasonsOfAsync(
        ConsoleVisit visit,
        IReadOnlyList<Backup> shown,
        CancellationToken cancel
    )
    {
        var known = (await policies.ListAsync(visit.Project, cancel)).ToDictionary(policy => policy.Id);
        var reasons = new Dictionary<BackupId, RetentionDecision>();
        foreach (var (policy, volume) in shown.Select(backup => (backup.Policy, backup.Volume)).Distinct())
        {
            if (policy is { } id && known.TryGetValue(id, out var found))
            {
                foreach (var decision in await retention.OfVolumeAsync(found, volume, cancel))
                {
                    reasons[decision.Backup] = decision;
                }
            }
        }

        return reasons;
    }

    private async Task DeletedAsync(HttpContext context, ConsoleVisit visit)
    {
        var deleted = await removal.ListAsync(visit.Project, context.RequestAborted);
        await pages.WriteAsync<DeletedBackupsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Backups", deleted),
            ("Names", await names.FindAsync(visit.Project, deleted.Select(backup => (VolumeId?)backup.Volume), context.RequestAborted))
        );
    }

    private async Task ShowAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        var backup = await FindAsync(context, visit);
        var policy = backup.Policy is { } id ? await policies.FindAsync(visit.Project, id, cancel) : null;
        var decisions = policy is not null ? await retention.OfVolumeAsync(policy, backup.Volume, cancel) : [];
        var shared = await door.CallAsync(
            context,
            visit,
            "GET",
            $"/v2/{visit.Project.Value}/os-vendor-backup-sharing/detail?backup_id={backup.Id}"
        );
        await pages.WriteAsync<OneBackupPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Backup", backup),
            ("VolumeName", await NameOfAsync(visit, backup, cancel)),
            ("Decision", decisions.FirstOrDefault(decision => decision.Backup == backup.Id)),
            (
                "Shares",
                (shared.Body.ArrayMember("shared") ?? [])
                    .Select(share => (share.TextMember("id") ?? "", share.TextMember("to_project_id") ?? ""))
                    .ToList()
            ),
            ("KeptDays", upkeep.Value.KeepDeletedDays)
        );
    }

    private async Task RestoreFormAsync(HttpContext context, ConsoleVisit visit, string? message = null, IFormCollection? form = null)
    {
        var backup = await FindAsync(context, visit);
        var volume = await NameOfAsync(visit, backup, context.RequestAborted);
        await pages.WriteAsync<RestorePage>(
            context,
            message is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
            ("Visit", visit),
            ("Backup", backup),
            ("VolumeName", volume),
            ("Message", message),
            ("Where", form?["where"].ToString() ?? "new"),
            ("Name", form?["name"].ToString() ?? $"{volume ?? "volume"}-restored"),
            ("Path", form?["path"].ToString())
        );
    }

    private async Task RestoreAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var backup = await FindAsync(context, visit);
        var volume = await NameOfAsync(visit, backup, context.RequestAborted);
        var (reply, refused) = form["where"].ToString() switch
        {
            "new" => (await IntoNewAsync(context, visit, backup, form["name"].ToString().Trim()), null),
            "path" => (await IntoPathAsync(context, visit, backup, form), null),
            "over" when !Words.Named.IsTyped(form["confirm"].ToString(), volume ?? "") => (
                null,
                "Nothing was done: to overwrite the volume, type its name as it stands there."
            ),
            "over" => (await OverAsync(context, visit, backup), null),
            _ => ((ApiReply?)null, "Choose where to restore to."),
        };
        if (reply is not { IsGood: true })
        {
            await RestoreFormAsync(context, visit, refused ?? reply?.Message, form);
            return;
        }

        var job = reply.Body.TextMember("job_id") ?? await JobOfNewAsync(visit, reply, context.RequestAborted);
        door.GoOn(
            context,
            job is null ? $"/backups/{backup.Id}" : $"/jobs/{job}",
            new ConsoleNote(true, "The restore is ordered. It goes on without this page; this page keeps what comes of it.")
        );
    }

    private Task<ApiReply> IntoNewAsync(HttpContext context, ConsoleVisit visit, Backup backup, string name) =>
        door.CallAsync(
            context,
            visit,
            "POST",
            $"/v3/{visit.Project.Value}/volumes",
            new JsonObject { ["volume"] = new JsonObject { ["name"] = name, ["backup_id"] = backup.Id.ToString() } }
        );

    private Task<ApiReply> IntoPathAsync(HttpContext context, ConsoleVisit visit, Backup backup, IFormCollection form) =>
        door.CallAsync(
            context,
            visit,
            "POST",
            $"/admin/v1/{visit.Project.Value}/backups/{backup.Id}/restore",
            new JsonObject { ["target"] = form["path"].ToString().Trim(), ["overwrite"] = form["overwrite"] == "Y" }
        );

    private Task<ApiReply> OverAsync(HttpContext context, ConsoleVisit visit, Backup backup) =>
        door.CallAsync(
            context,
            visit,
            "POST",
            $"/v2/{visit.Project.Value}/cloudbackups/{backup.Id}/restore",
            new JsonObject { ["restore"] = new JsonObject { ["volume_id"] = backup.Volume.ToString() } }
        );

    /// <summary>A new volume is answered without the job that fills it.</summary>
    private async Task<string?> JobOfNewAsync(ConsoleVisit visit, ApiReply reply, CancellationToken cancel)
    {
        var volume = reply.Body.ObjectMember("volume")?.TextMember("id");
        return (await jobs.ListAsync(visit.Project, JobKind.RestoreBackup, most: 20, cancel))
            .FirstOrDefault(job => job.Volume?.ToString() == volume)
            ?.Id.Value;
    }

    private async Task ShareAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var backup = await FindAsync(context, visit);
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"/v2/{visit.Project.Value}/os-vendor-backup-sharing",
            new JsonObject
            {
                ["shared"] = new JsonObject
                {
                    ["backup_id"] = backup.Id.ToString(),
                    ["to_project_ids"] = new JsonArray(form["to"].ToString().Trim()),
                },
            }
        );
        door.GoOn(context, $"/backups/{backup.Id}", reply, "It is shared.");
    }

    private async Task UnshareAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var backup = await FindAsync(context, visit);
        var share = Uri.EscapeDataString(form["share"].ToString());
        var reply = await door.CallAsync(context, visit, "DELETE", $"/v2/{visit.Project.Value}/os-vendor-backup-sharing/{share}");
        door.GoOn(context, $"/backups/{backup.Id}", reply, "It is shared with that project no more.");
    }

    private async Task DeleteAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var backup = await FindAsync(context, visit);
        var reply = await door.CallAsync(context, visit, "DELETE", $"/v3/{visit.Project.Value}/backups/{backup.Id}");
        var days = upkeep.Value.KeepDeletedDays;
        door.GoOn(
            context,
            reply.IsGood ? $"/backups?volume={backup.Volume}" : $"/backups/{backup.Id}",
            reply,
            days > 0
                ? $"The backup is being deleted. It can be brought back for {Words.Figures.Count(days, "day", "days")}, under "
                    + "'Deleted ones'."
                : "The backup is being deleted."
        );
    }

    private async Task UndeleteAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = (string?)context.GetRouteValue("backup") ?? "";
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"/admin/v1/{visit.Project.Value}/deleted-backups/{Uri.EscapeDataString(id)}/undelete"
        );
        door.GoOn(context, reply.IsGood ? $"/backups/{id}" : "/backups/deleted", reply, "The backup is back. It belongs to no policy.");
    }

    private async Task PurgeAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = (string?)context.GetRouteValue("backup") ?? "";
        var kept = (await removal.ListAsync(visit.Project, context.RequestAborted)).FirstOrDefault(backup => backup.Id.ToString() == id);
        if (kept is not null && !Words.Named.IsTyped(form["confirm"].ToString(), Words.Named.Of(kept.Name, kept.Id)))
        {
            door.GoOn(
                context,
                "/backups/deleted",
                new ConsoleNote(false, "The name that you typed is not the backup's. Nothing was done.")
            );
            return;
        }

        var reply = await door.CallAsync(
            context,
            visit,
            "DELETE",
            $"/admin/v1/{visit.Project.Value}/deleted-backups/{Uri.EscapeDataString(id)}"
        );
        door.GoOn(
            context,
            "/backups/deleted",
            reply,
            "The backup is being removed for good. What no other backup needs of its bytes goes with the next prune."
        );
    }

    /// <summary>What the backup's volume is called; null where it is gone.</summary>
    private async Task<string?> NameOfAsync(ConsoleVisit visit, Backup backup, CancellationToken cancel) =>
        (await names.FindAsync(visit.Project, [backup.Volume], cancel)).TryGetValue(backup.Volume, out var name)
            ? Words.Named.Of(name, backup.Volume)
            : null;

    private async Task<Backup> FindAsync(HttpContext context, ConsoleVisit visit)
    {
        var text = (string?)context.GetRouteValue("backup") ?? "";
        return (BackupId.TryParse(text, null, out var id) ? await backups.FindAsync(visit.Project, id, context.RequestAborted) : null)
            ?? throw ConsoleDoor.NotFound($"there is no backup '{text}' in this project; it may be deleted");
    }
}
