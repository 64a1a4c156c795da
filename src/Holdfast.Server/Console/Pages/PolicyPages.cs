using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Policies;
using Holdfast.Control.Protection;
using Holdfast.Control.Retention;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>The policies, one policy, and what is done with it.</summary>
internal sealed class PolicyPages(
    ConsoleDoor door,
    PageWriter pages,
    PolicyMembership membership,
    PolicyStore policies,
    ProtectionStore protection,
    RetentionPreview retention,
    VolumeNames names
) : IEndpoints
{
    /// <summary>Volumes that a page looks at.</summary>
    private const int MostVolumes = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/policies", ListAsync);
        door.Page(routes, "/policies/new", NewAsync, Control.Users.Role.Member);
        door.Act(routes, "/policies/new", CreateAsync);
        door.Page(routes, "/policies/{policy}", ShowAsync);
        door.Page(routes, "/policies/{policy}/edit", EditAsync, Control.Users.Role.Member);
        door.Act(routes, "/policies/{policy}/edit", UpdateAsync);
        door.Act(routes, "/policies/{policy}/run", RunAsync);
        door.Act(routes, "/policies/{policy}/switch", SwitchAsync);
        door.Act(routes, "/policies/{policy}/join", JoinAsync);
        door.Act(routes, "/policies/{policy}/leave", LeaveAsync);
        door.Act(routes, "/policies/{policy}/tag", TagAsync);
        door.Act(routes, "/policies/{policy}/untag", UntagAsync);
        door.Act(routes, "/policies/{policy}/delete", DeleteAsync);
    }

    private async Task ListAsync(HttpContext context, ConsoleVisit visit) =>
        await pages.WriteAsync<PoliciesPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Policies", await policies.ListAsync(visit.Project, context.RequestAborted))
        );

    private async Task ShowAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        var policy = await FindAsync(context, visit);
        var query = PageQuery.Text(context, "q");
        var (volumes, total) = await retention.OfRuleAsync(policy, policy.Retention, policy.Schedule.Offset, MostVolumes, cancel);
        await pages.WriteAsync<PolicyPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Policy", policy),
            ("Volumes", volumes),
            ("Total", total),
            ("Names", await names.FindAsync(visit.Project, volumes.Select(volume => (VolumeId?)volume.Volume), cancel)),
            ("Query", query),
            (
                "Found",
                query.Length == 0
                    ? []
                    : await FindVolumesAsync(visit, query, cancel)
            )
        );
    }

    private async Task<IReadOnlyList<VolumeProtection>> FindVolumesAsync(ConsoleVisit visit, string query, CancellationToken cancel)
    {
        var volumes = await protection.SightsAsync(visit.Project, cancel);
        var found = volumes
            .All.Where(volume => volume.Name.Contains(query, StringComparison.OrdinalIgnoreCase))
            .Take(MostVolumes)
            .Select(volume => volume.Volume)
            .ToList();
        return await protection.ListAsync(volumes, found, cancel);
    }

    private Task NewAsync(HttpContext context, ConsoleVisit visit) => FormAsync(context, visit, null, new PolicyDraftForm(), null, false);

    private async Task EditAsync(HttpContext context, ConsoleVisit visit)
    {
        var policy = await FindAsync(context, visit);
        await FormAsync(context, visit, policy, PolicyDraftForm.Of(policy), null, isPreview: true);
    }

    private async Task CreateAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var draft = PolicyDraftForm.Of(form);
        if (form["do"] != "save")
        {
            await FormAsync(context, visit, null, draft, null, isPreview: true);
            return;
        }

        var reply = await door.CallAsync(context, visit, "POST", $"/v2/{visit.Project.Value}/backuppolicy", draft.ToJson());
        if (reply.IsGood && reply.Body.TextMember("backup_policy_id") is { } id)
        {
            door.GoOn(context, $"/policies/{id}", new ConsoleNote(true, "The policy is made. Put volumes into it: find them below."));
            return;
        }

        await FormAsync(context, visit, null, draft, reply.Message, isPreview: true);
    }

    private async Task UpdateAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var draft = PolicyDraftForm.Of(form);
        if (form["do"] != "save")
        {
            await FormAsync(context, visit, policy, draft, null, isPreview: true);
            return;
        }

        var body = draft.ToJson();
        if (policy.IsDefault)
        {
            body.Remove("backup_policy_name"); // it keeps its name
        }

        var reply = await door.CallAsync(context, visit, "PUT", PathOf(visit, policy), body);
        if (reply.IsGood)
        {
            door.GoOn(context, $"/policies/{policy.Id}", new ConsoleNote(true, "Saved."));
            return;
        }

        await FormAsync(context, visit, policy, draft, reply.Message, isPreview: true);
    }

    private async Task FormAsync(
        HttpContext context,
        ConsoleVisit visit,
        Policy? policy,
        PolicyDraftForm draft,
        string? message,
        bool isPreview
    )
    {
        var cancel = context.RequestAborted;
        var (rule, schedule) = (draft.ReadRetention().Rule, draft.ReadSchedule().Schedule);
        var (kept, total) =
            isPreview && policy is not null && rule is not null
                ? await retention.OfRuleAsync(policy, rule, schedule?.Offset ?? policy.Schedule.Offset, MostVolumes, cancel)
                : ([], 0);
        await pages.WriteAsync<PolicyFormPage>(
            context,
            message is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
            ("Visit", visit),
            ("Policy", policy),
            ("Draft", draft),
            ("Message", message),
            ("IsPreview", isPreview),
            ("Retention", kept),
            ("VolumeTotal", total),
            ("Names", await names.FindAsync(visit.Project, kept.Select(volume => (VolumeId?)volume.Volume), cancel))
        );
    }

    private async Task RunAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var reply = await door.CallAsync(context, visit, "POST", $"{PathOf(visit, policy)}/action");
        door.GoOn(
            context,
            reply.IsGood ? $"/jobs?policy={policy.Id}" : $"/policies/{policy.Id}",
            reply,
            "The policy was fired: its jobs are below."
        );
    }

    private async Task SwitchAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var isOn = form["status"] == "ON";
        var reply = await door.CallAsync(
            context,
            visit,
            "PUT",
            PathOf(visit, policy),
            new JsonObject { ["scheduled_policy"] = new JsonObject { ["status"] = isOn ? "ON" : "OFF" } }
        );
        door.GoOn(context, $"/policies/{policy.Id}", reply, isOn ? "It is on." : "It is off: nothing fires, and nothing is removed by it.");
    }

    private async Task JoinAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var volumes = form["volume"].OfType<string>().ToList();
        if (volumes.Count == 0)
        {
            door.GoOn(context, $"/policies/{policy.Id}", new ConsoleNote(false, "No volume was chosen."));
            return;
        }

        var reply = await membership.JoinAsync(context, visit, policy.Id.ToString(), volumes);
        door.GoOn(
            context,
            $"/policies/{policy.Id}",
            reply,
            $"{Words.Figures.Count(volumes.Count, "volume is", "volumes are")} in the policy now."
        );
    }

    private async Task LeaveAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var reply = await membership.LeaveAsync(context, visit, policy.Id.ToString(), form["volume"].OfType<string>());
        door.GoOn(context, $"/policies/{policy.Id}", reply, "The volume is out of the policy. Its backups stay.");
    }

    private async Task TagAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var tag = new JsonObject { ["key"] = form["key"].ToString(), ["value"] = form["value"].ToString() };
        var reply = await door.CallAsync(context, visit, "POST", $"{PathOf(visit, policy)}/tags", new JsonObject { ["tag"] = tag });
        door.GoOn(context, $"/policies/{policy.Id}", reply, "The tag is added.");
    }

    private async Task UntagAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"{PathOf(visit, policy)}/tags/action",
            new JsonObject
            {
                ["action"] = "delete",
                ["tags"] = new JsonArray(new JsonObject { ["key"] = form["key"].ToString() }),
            }
        );
        door.GoOn(context, $"/policies/{policy.Id}", reply, "The tag is removed.");
    }

    private async Task DeleteAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var policy = await FindAsync(context, visit);
        if (!Words.Named.IsTyped(form["confirm"].ToString(), policy.Name))
        {
            door.GoOn(
                context,
                $"/policies/{policy.Id}",
                new ConsoleNote(false, "The name that you typed is not the policy's. Nothing was done.")
            );
            return;
        }

        var reply = await door.CallAsync(context, visit, "DELETE", PathOf(visit, policy));
        door.GoOn(context, reply.IsGood ? "/policies" : $"/policies/{policy.Id}", reply, $"The policy '{policy.Name}' is deleted.");
    }

    private static string PathOf(ConsoleVisit visit, Policy policy) => $"/v2/{visit.Project.Value}/backuppolicy/{policy.Id}";

    private async Task<Policy> FindAsync(HttpContext context, ConsoleVisit visit)
    {
        var text = (string?)context.GetRouteValue("policy") ?? "";
        return (PolicyId.TryParse(text, null, out var id) ? await policies.FindAsync(visit.Project, id, context.RequestAborted) : null)
            ?? throw ConsoleDoor.NotFound($"there is no policy '{text}' in this project");
    }
}
