using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Policies;
using Holdfast.Control.Scheduling;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>Backup policies: contract sections 3.2 to 3.6 and 3.9.</summary>
internal sealed class PolicyEndpoints(PolicyStore policies, PolicyFiring firing) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        const string Root = "/v2/{project}/backuppolicy";
        routes.MapPost(Root, CreateAsync);
        routes.MapGet(Root, ListAsync);
        routes.MapPut(Root + "/{policy}", UpdateAsync);
        routes.MapDelete(Root + "/{policy}", DeleteAsync);
        routes.MapPost(Root + "/{policy}/action", ExecuteAsync);
    }

    /// <summary>The policy that the path names; one that is no id is one that does not exist.</summary>
    public static PolicyId PolicyOf(HttpContext context, Func<string, ApiException> absent)
    {
        var text = (string?)context.GetRouteValue("policy") ?? "";
        return PolicyId.TryParse(text, null, out var id) ? id : throw absent(text);
    }

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var draft = PolicyBody.ReadDraft(body.RootElement);
        var created = await policies.CreateAsync(context.Caller().Project, draft, context.RequestAborted) switch
        {
            CreatePolicyOutcome.Created done => done.Policy.Id,
            CreatePolicyOutcome.TooMany many => throw VbsErrors.TooManyPolicies(many.Limit),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        context.TellAudit($"made {AuditLog.Of("policy", draft.Name, created.ToString())}");
        await WriteIdAsync(context, created);
    }

    private async Task ListAsync(HttpContext context)
    {
        var list = await policies.ListAsync(context.Caller().Project, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            list,
            static (json, list) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("backup_policies");
                foreach (var policy in list)
                {
                    WritePolicy(json, policy);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var id = PolicyOf(context, VbsErrors.NoSuchPolicy);
        var project = context.Caller().Project;
        var policy = await policies.FindAsync(project, id, context.RequestAborted) ?? throw VbsErrors.NoSuchPolicy(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var change = PolicyBody.ReadChange(body.RootElement, policy.IsDefault);

        switch (await policies.UpdateAsync(project, id, change, context.RequestAborted))
        {
            case UpdatePolicyOutcome.NoSuchPolicy:
                throw VbsErrors.NoSuchPolicy(id.ToString());
            case UpdatePolicyOutcome.DefaultNameFixed:
                throw VbsErrors.DefaultPolicy("renamed");
        }

        await WriteIdAsync(context, id);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var id = PolicyOf(context, VbsErrors.NoSuchPolicy);
        switch (await policies.RemoveAsync(context.Caller().Project, id, context.RequestAborted))
        {
            case RemovePolicyOutcome.NoSuchPolicy:
                throw VbsErrors.NoSuchPolicy(id.ToString());
            case RemovePolicyOutcome.IsDefault:
                throw VbsErrors.DefaultPolicy("deleted");
        }

        await JsonAnswer.NoContent(context);
    }

    private async Task ExecuteAsync(HttpContext context)
    {
        var id = PolicyOf(context, VbsErrors.NoSuchPolicy);
        switch (await firing.FireNowAsync(context.Caller().Project, id, context.RequestAborted))
        {
            case FiringOutcome.NoSuchPolicy:
                throw VbsErrors.NoSuchPolicy(id.ToString());
            case FiringOutcome.AlreadyRunning:
                throw VbsErrors.Executing(id.ToString());
        }

        await JsonAnswer.NoContent(context);
    }

    private static Task WriteIdAsync(HttpContext context, PolicyId id) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            id,
            static (json, id) =>
            {
                json.WriteStartObject();
                json.WriteString("backup_policy_id", id.Value);
                json.WriteEndObject();
            }
        );

    /// <summary>Only the member in force of each pair is written: clients compare what they sent with what they see.</summary>
    private static void WritePolicy(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartObject();
        json.WriteString("backup_policy_id", policy.Id.Value);
        json.WriteString("backup_policy_name", policy.Name);
        json.WriteStartObject("scheduled_policy");
        json.WriteString("start_time", policy.Schedule.StartTime);
        if (policy.Schedule.Frequency is { } days)
        {
            json.WriteNumber("frequency", days);
        }

        if (policy.Schedule.Weekdays is { } weekdays)
        {
            json.WriteStartArray("week_frequency");
            foreach (var day in weekdays)
            {
                json.WriteStringValue(Schedule.NameOf(day));
            }

            json.WriteEndArray();
        }

        if (policy.Retention.Count is { } count)
        {
            json.WriteNumber("rentention_num", count);
        }

        if (policy.Retention.Days is { } kept)
        {
            json.WriteNumber("rentention_day", kept);
        }

        json.WriteString("remain_first_backup_of_curMonth", policy.Retention.KeepFirstOfMonth ? "Y" : "N");
        json.WriteString("status", policy.Enabled ? "ON" : "OFF");
        json.WriteEndObject();
        json.WriteNumber("policy_resource_count", policy.VolumeCount);
        if (policy.Schedule.TimeZone is { } zone)
        {
            json.WriteString("time_zone", zone);
        }

        json.WriteEndObject();
    }
}
