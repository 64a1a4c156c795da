using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Drills;
using Holdfast.Control.Policies;
using Holdfast.Control.Protection;
using Holdfast.Control.Retention;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>The volumes, one volume, and what is done with it.</summary>
internal sealed class VolumePages(
    ConsoleDoor door,
    PageWriter pages,
    PolicyMembership membership,
    ProtectionStore protection,
    VolumeStore volumes,
    PolicyStore policies,
    BackupStore backups,
    RetentionPreview retention,
    DrillStore drills,
    TimeProvider clock
) : IEndpoints
{
    private const int MostBackups = 20;
    private const int MostDrills = 5;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/volumes", ListAsync);
        door.Page(routes, "/volumes/new", (context, visit) => NewAsync(context, visit, null, null), Role.Admin);
        door.Act(routes, "/volumes/new", RegisterAsync, Role.Admin);
        door.Page(routes, "/volumes/{volume}", ShowAsync);
        door.Act(routes, "/volumes/{volume}/backup", BackUpAsync);
        door.Act(routes, "/volumes/{volume}/drill", DrillAsync, Role.Admin);
        door.Act(routes, "/volumes/{volume}/policy", ChangePolicyAsync);
        door.Act(routes, "/volumes/{volume}/name", RenameAsync);
        door.Act(routes, "/volumes/{volume}/accept", AcceptAsync, Role.Admin);
        door.Act(routes, "/volumes/{volume}/remove", RemoveAsync, Role.Admin);
    }

    private async Task ListAsync(HttpContext context, ConsoleVisit visit)
    {
        var query = PageQuery.Text(context, "q");
        var state = PageQuery.OneOf<ProtectionState>(context, "state");
        var page = PageQuery.Number(context, "page", least: 1);
        var volumes = await protection.SightsAsync(visit.Project, context.RequestAborted);
        var found = volumes
            .All.Where(volume => state is null || volume.State == state)
            .Where(volume =>
                query.Length == 0
                || volume.Name.Contains(query, StringComparison.OrdinalIgnoreCase)
                || volume.Volume.ToString().StartsWith(query, StringComparison.OrdinalIgnoreCase)
            )
            .Select(volume => volume.Volume)
            .ToList();
        var shown = found.Skip((page - 1) * VolumesPage.PageSize).Take(VolumesPage.PageSize).ToList();
        await pages.WriteAsync<VolumesPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Volumes", await protection.ListAsync(volumes, shown, context.RequestAborted)),
            ("Total", found.Count),
            ("Page", page),
            ("Query", query),
            ("State", state)
        );
    }

    private async Task NewAsync(HttpContext context, ConsoleVisit visit, string? message, IFormCollection? form) =>
        await pages.WriteAsync<VolumeNewPage>(
            context,
            message is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
            ("Visit", visit),
            ("Policies", await policies.ListAsync(visit.Project, context.RequestAborted)),
            ("Message", message),
            ("Name", form?["name"].ToString()),
            ("Source", form?["source"].ToString()),
            ("Policy", form?["policy"].ToString())
        );

    private async Task RegisterAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"/v3/{visit.Project.Value}/os-volume-manage",
            new JsonObject
            {
                ["volume"] = new JsonObject
                {
                    ["name"] = form["name"].ToString().Trim(),
                    ["host"] = "holdfast",
                    ["ref"] = new JsonObject { ["source-name"] = form["source"].ToString().Trim() },
                },
            }
        );
        if (!reply.IsGood || reply.Body.ObjectMember("volume")?.TextMember("id") is not { } id)
        {
            await NewAsync(context, visit, reply.Message, form);
            return;
        }

        if (form["policy"].ToString() is { Length: > 0 } policy)
        {
            door.GoOn(
                context,
                $"/volumes/{id}",
                await membership.JoinAsync(context, visit, policy, [id]),
                "The volume is registered, and in its policy."
            );
            return;
        }

        door.GoOn(
            context,
            $"/volumes/{id}",
            new ConsoleNote(true, "The volume is registered. Put it into a policy, so that it is backed up.")
        );
    }

    private async Task ShowAsync(HttpContext context, ConsoleVisit visit)
    {
        var (id, cancel) = (IdOf(context), context.RequestAborted);
        var volume = await volumes.FindAsync(visit.Project, id, cancel) ?? throw NoSuchVolume(id);
        var known = await protection.FindAsync(visit.Project, id, cancel) ?? throw NoSuchVolume(id);
        var newest = await backups.ListAsync(
            visit.Project,
            new BackupFilter { Volume = id },
            new BackupPage { Limit = MostBackups, Sort = [new BackupSort(BackupSortKey.Number, Descending: true)] },
            cancel
        );
        var all = await policies.ListAsync(visit.Project, cancel);
        var policy = all.FirstOrDefault(policy => policy.Id == known.Policy);
        var decisions = policy is not null ? await retention.OfVolumeAsync(policy, id, cancel) : [];
        await pages.WriteAsync<VolumePage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Volume", volume),
            ("Protection", known),
            ("Backups", newest),
            ("Reasons", decisions.ToDictionary(decision => decision.Backup)),
            ("Drills", await drills.ListAsync(visit.Project, id, MostDrills, cancel)),
            ("Policies", all)
        );
    }

    private async Task BackUpAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = IdOf(context);
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"/v2/{visit.Project.Value}/cloudbackups",
            new JsonObject
            {
                ["backup"] = new JsonObject
                {
                    ["volume_id"] = id.ToString(),
                    ["name"] = $"manual_{clock.GetUtcNow().UtcDateTime:yyyyMMdd_HHmmss}",
                },
            }
        );
        GoToJob(context, reply, $"/volumes/{id}", "The backup is ordered. This goes on without this page.");
    }

    private async Task DrillAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = IdOf(context);
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"/admin/v1/{visit.Project.Value}/drills",
            new JsonObject { ["volume_id"] = id.ToString() }
        );
        door.GoOn(context, $"/volumes/{id}", reply, "The drill is ordered: the newest backup is restored to nowhere and verified.");
    }

    private async Task ChangePolicyAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = IdOf(context);
        var known = await protection.FindAsync(visit.Project, id, context.RequestAborted) ?? throw NoSuchVolume(id);
        if (form["policy"].ToString() is { Length: > 0 } policy)
        {
            door.GoOn(
                context,
                $"/volumes/{id}",
                await membership.JoinAsync(context, visit, policy, [id.ToString()]),
                "The volume is in the policy now."
            );
        }
        else if (known.Policy is { } left)
        {
            var reply = await membership.LeaveAsync(context, visit, left.ToString(), [id.ToString()]);
            door.GoOn(context, $"/volumes/{id}", reply, "The volume is in no policy now: nothing backs it up by itself.");
        }
        else
        {
            door.GoOn(context, $"/volumes/{id}");
        }
    }

    private async Task RenameAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = IdOf(context);
        var reply = await ChangeAsync(
            context,
            visit,
            id,
            new JsonObject { ["name"] = form["name"].ToString(), ["description"] = form["description"].ToString() }
        );
        door.GoOn(context, $"/volumes/{id}", reply, "Saved.");
    }

    private async Task AcceptAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = IdOf(context);
        var reply = await ChangeAsync(context, visit, id, new JsonObject { ["holdfast:accept_device"] = true });
        door.GoOn(context, $"/volumes/{id}", reply, "What is there now is this volume from now on.");
    }

    private async Task RemoveAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var id = IdOf(context);
        var volume = await volumes.FindAsync(visit.Project, id, context.RequestAborted) ?? throw NoSuchVolume(id);
        if (!Words.Named.IsTyped(form["confirm"].ToString(), Words.Named.Of(volume.Name, id)))
        {
            door.GoOn(context, $"/volumes/{id}", new ConsoleNote(false, "The name that you typed is not the volume's. Nothing was done."));
            return;
        }

        var reply = volume.IsOwned
            ? await door.CallAsync(context, visit, "DELETE", $"/v3/{visit.Project.Value}/volumes/{id}")
            : await door.CallAsync(
                context,
                visit,
                "POST",
                $"/v3/{visit.Project.Value}/volumes/{id}/action",
                new JsonObject { ["os-unmanage"] = new JsonObject() }
            );
        door.GoOn(
            context,
            reply.IsGood ? "/volumes" : $"/volumes/{id}",
            reply,
            $"'{Words.Named.Of(volume.Name, id)}' is not protected any more. Its backups stay."
        );
    }

    /// <summary>To the page of the job that was ordered, or back with the reason why it was not.</summary>
    private void GoToJob(HttpContext context, ApiReply reply, string back, string done) =>
        door.GoOn(context, reply.IsGood && reply.Body.TextMember("job_id") is { } job ? $"/jobs/{job}" : back, reply, done);

    private Task<ApiReply> ChangeAsync(HttpContext context, ConsoleVisit visit, VolumeId id, JsonObject members) =>
        door.CallAsync(context, visit, "PUT", $"/v3/{visit.Project.Value}/volumes/{id}", new JsonObject { ["volume"] = members });

    private static VolumeId IdOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("volume") ?? "";
        return VolumeId.TryParse(text, null, out var id) ? id : throw ConsoleDoor.NotFound($"there is no volume '{text}' in this project");
    }

    private static ApiException NoSuchVolume(VolumeId id) =>
        ConsoleDoor.NotFound($"there is no volume {id} in this project; it may have been removed");
}
