using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Notifications;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>What targets are told, and what came of the messages.</summary>
internal sealed class NotifyRuleEndpoints(NotifyRules rules, NotifyDeliveries deliveries) : IEndpoints
{
    /// <summary>Messages that a list has where nothing else is asked for.</summary>
    private const int UsualLimit = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/notify/rules", ListAsync).Needs(Role.Admin);
        routes.MapPost("/admin/v1/{project}/notify/rules", CreateAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/notify/rules/{notify_rule}", ShowAsync).Needs(Role.Admin);
        routes.MapPut("/admin/v1/{project}/notify/rules/{notify_rule}", UpdateAsync).Needs(Role.Admin);
        routes.MapDelete("/admin/v1/{project}/notify/rules/{notify_rule}", RemoveAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/notify/deliveries", ListDeliveriesAsync).Needs(Role.Admin);
    }

    private static ApiException NoSuchRule(string id) => VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no rule '{id}'");

    private static NotifyRuleId RuleOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("notify_rule") ?? "";
        return NotifyRuleId.TryParse(text, null, out var id) ? id : throw NoSuchRule(text);
    }

    private async Task ListAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new RuleListAnswer([.. (await rules.ListAsync(context.Caller().Project, context.RequestAborted)).Select(Of)]),
            NotifyJson.Default.RuleListAnswer
        );

    private async Task ShowAsync(HttpContext context) => await WriteAsync(context, StatusCodes.Status200OK, await FindAsync(context));

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => ListQuery.Bad("the request has no body"));
        var target = ReadTarget(body.RootElement) ?? throw ListQuery.Bad("a rule has 'target_id': who is told");
        var made = NotifyTargetEndpoints.Done(
            await rules.CreateAsync(
                context.Caller().Project,
                target,
                ReadEvents(body.RootElement),
                ReadSeverity(body.RootElement) ?? NotifySeverity.Info,
                context.RequestAborted
            ),
            () => NotifyTargetEndpoints.NoSuchTarget(target.ToString())
        );
        await WriteAsync(context, StatusCodes.Status201Created, made.Made);
    }

    /// <summary>What is not given stays; events that are null are the usual ones.</summary>
    private async Task UpdateAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => ListQuery.Bad("the request has no body"));
        var found = await FindAsync(context);
        var rule = found with
        {
            Target = ReadTarget(body.RootElement) ?? found.Target,
            Events = body.RootElement.TryGetProperty("events", out _) ? ReadEvents(body.RootElement) : found.Events,
            Least = ReadSeverity(body.RootElement) ?? found.Least,
        };
        var done = NotifyTargetEndpoints.Done(
            await rules.UpdateAsync(rule, context.RequestAborted),
            () => NotifyTargetEndpoints.NoSuchTarget(rule.Target.ToString())
        );
        await WriteAsync(context, StatusCodes.Status200OK, done.Made);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var id = RuleOf(context);
        if (!await rules.RemoveAsync(context.Caller().Project, id, context.RequestAborted))
        {
            throw NoSuchRule(id.ToString());
        }

        await JsonAnswer.NoContent(context);
    }

    private async Task ListDeliveriesAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = ListQuery.ReadText(query, "limit") is null ? UsualLimit : ListQuery.Read(query, leastLimit: 1).Limit;
        NotifyTargetId? of = null;
        if (ListQuery.ReadText(query, "target_id") is { } text)
        {
            of = NotifyTargetId.TryParse(text, null, out var id) ? id : default(NotifyTargetId);
        }

        var found = await deliveries.ListAsync(context.Caller().Project, of, limit, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new DeliveryListAnswer([.. found.Select(Of)]),
            NotifyJson.Default.DeliveryListAnswer
        );
    }

    private async Task<NotifyRule> FindAsync(HttpContext context)
    {
        var id = RuleOf(context);
        return await rules.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchRule(id.ToString());
    }

    private static Task WriteAsync(HttpContext context, int status, NotifyRule rule) =>
        JsonAnswer.WriteAsync(context, status, new RuleEnvelope(Of(rule)), NotifyJson.Default.RuleEnvelope);

    private static NotifyTargetId? ReadTarget(JsonElement body) =>
        body.TextMember("target_id") switch
        {
            null => null,
            var text => NotifyTargetId.TryParse(text, null, out var id) ? id : throw NotifyTargetEndpoints.NoSuchTarget(text),
        };

    private static List<NotifyEvent>? ReadEvents(JsonElement body) =>
        body.ArrayMember("events") switch
        {
            null => null,
            { Count: 0 } => throw ListQuery.Bad("'events' is empty: leave it out for the usual ones, or remove the rule"),
            var all => [.. all.Select(ReadEvent)],
        };

    private static NotifyEvent ReadEvent(JsonElement one) =>
        (one.ValueKind == JsonValueKind.String ? NotifyNames.EventOf(RequestBody.TextOf(one, "events")) : null)
        ?? throw ListQuery.Bad($"'events' is an array of {string.Join(", ", NotifyNames.InRules.Select(NotifyNames.NameOf))}");

    private static NotifySeverity? ReadSeverity(JsonElement body) =>
        body.TextMember("least_severity") switch
        {
            null => null,
            var text => NotifyNames.SeverityOf(text)
                ?? throw ListQuery.Bad(
                    $"'least_severity' is {string.Join(", ", Enum.GetValues<NotifySeverity>().Select(NotifyNames.NameOf))}"
                ),
        };

    private static RuleAnswer Of(NotifyRule rule) =>
        new(
            rule.Id.ToString(),
            rule.Target.ToString(),
            rule.Events?.Select(NotifyNames.NameOf).ToList(),
            NotifyNames.NameOf(rule.Least),
            rule.CreatedAt
        );

    private static DeliveryAnswer Of(NotifyDelivery one) =>
        new(
            one.Id.ToString(),
            one.Target.ToString(),
            one.TargetName,
            NotifyNames.NameOf(one.Event),
            NotifyNames.NameOf(one.Severity),
            one.What,
            one.State switch
            {
                NotifyState.Waiting => "waiting",
                NotifyState.Delivered => "delivered",
                _ => "given_up",
            },
            one.Attempts,
            one.CreatedAt,
            one.NextTryAt,
            one.EndedAt,
            one.LastStatus,
            one.LastAnswer
        );
}
