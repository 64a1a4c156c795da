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

/// <summary>Who is told what goes wrong. For admins: the service itself connects to what they name (docs/decisions/0034).</summary>
internal sealed class NotifyTargetEndpoints(NotifyTargets targets, NotifyTest test) : IEndpoints
{
    private const string Webhook = "webhook";
    private const string Email = "email";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/notify/targets", ListAsync).Needs(Role.Admin);
        routes.MapPost("/admin/v1/{project}/notify/targets", CreateAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/notify/targets/{notify_target}", ShowAsync).Needs(Role.Admin);
        routes.MapPut("/admin/v1/{project}/notify/targets/{notify_target}", UpdateAsync).Needs(Role.Admin);
        routes.MapDelete("/admin/v1/{project}/notify/targets/{notify_target}", RemoveAsync).Needs(Role.Admin);
        routes.MapPost("/admin/v1/{project}/notify/targets/{notify_target}/test", TestAsync).Needs(Role.Admin);
    }

    internal static ApiException NoSuchTarget(string id) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no target '{id}'");

    /// <summary>What an order came to, or the refusal that fits.</summary>
    internal static NotifyOutcome<T>.Done Done<T>(NotifyOutcome<T> outcome, Func<ApiException> notThere) =>
        outcome switch
        {
            NotifyOutcome<T>.Done done => done,
            NotifyOutcome<T>.NotThere => throw notThere(),
            NotifyOutcome<T>.Refused refused => throw ListQuery.Bad(refused.Why),
            NotifyOutcome<T>.Conflict conflict => throw VbsErrors.Native(StatusCodes.Status409Conflict, conflict.Why),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };

    private static NotifyTargetId TargetOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("notify_target") ?? "";
        return NotifyTargetId.TryParse(text, null, out var id) ? id : throw NoSuchTarget(text);
    }

    private async Task ListAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new TargetListAnswer([.. (await targets.ListAsync(context.Caller().Project, context.RequestAborted)).Select(Of)]),
            NotifyJson.Default.TargetListAnswer
        );

    private async Task ShowAsync(HttpContext context)
    {
        var id = TargetOf(context);
        var target =
            await targets.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchTarget(id.ToString());
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new TargetEnvelope(Of(target)), NotifyJson.Default.TargetEnvelope);
    }

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => ListQuery.Bad("the request has no body"));
        var kind = body.RootElement.TextMember("kind") switch
        {
            Webhook => NotifyKind.Webhook,
            Email => NotifyKind.Email,
            var other => throw ListQuery.Bad($"'kind' is {Webhook} or {Email}, not '{other}'"),
        };
        var draft = ReadDraft(body.RootElement, kind);
        if (draft.Name is null || draft.Address is null)
        {
            throw ListQuery.Bad(
                kind == NotifyKind.Webhook ? "a webhook has 'name' and 'url'" : "a target of mail has 'name' and 'recipients'"
            );
        }

        var made = Done(
            await targets.CreateAsync(context.Caller().Project, draft, context.RequestAborted),
            () => NoSuchTarget(draft.Name)
        );
        context.TellAudit($"made {AuditLog.Of("target", draft.Name, made.Made.Id.ToString())}");
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status201Created,
            new MadeTargetEnvelope(Of(made.Made), made.Secret),
            NotifyJson.Default.MadeTargetEnvelope
        );
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var (id, project) = (TargetOf(context), context.Caller().Project);
        using var body = await RequestBody.ReadObjectAsync(context, () => ListQuery.Bad("the request has no body"));
        var found = await targets.FindAsync(project, id, context.RequestAborted) ?? throw NoSuchTarget(id.ToString());
        var done = Done(
            await targets.UpdateAsync(project, id, ReadDraft(body.RootElement, found.Kind), context.RequestAborted),
            () => NoSuchTarget(id.ToString())
        );
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new TargetEnvelope(Of(done.Made)), NotifyJson.Default.TargetEnvelope);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var id = TargetOf(context);
        if (!await targets.RemoveAsync(context.Caller().Project, id, context.RequestAborted))
        {
            throw NoSuchTarget(id.ToString());
        }

        await JsonAnswer.NoContent(context);
    }

    private async Task TestAsync(HttpContext context)
    {
        var id = TargetOf(context);
        var result = await test.RunAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchTarget(id.ToString());
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new TestAnswer(result.IsDelivered, result.Status, result.Answer),
            NotifyJson.Default.TestAnswer
        );
    }

    private static NotifyTargetDraft ReadDraft(JsonElement body, NotifyKind kind)
    {
        var (wrong, right) = kind == NotifyKind.Webhook ? ("recipients", "url") : ("url", "recipients");
        if (body.Member(wrong) is not null)
        {
            throw ListQuery.Bad($"'{wrong}' belongs to the other kind of target; this one has '{right}'");
        }

        var address =
            kind == NotifyKind.Webhook
                ? body.TextMember("url")
                : body.ArrayMember("recipients") is { } all
                    ? string.Join(',', all.Select(ReadRecipient))
                    : null;
        return new NotifyTargetDraft(body.TextMember("name"), kind, address, body.TextMember("secret"));
    }

    private static string ReadRecipient(JsonElement one) =>
        one.ValueKind == JsonValueKind.String
        && RequestBody.TextOf(one, "recipients") is var text
        && !text.Contains(',', StringComparison.Ordinal)
            ? text
            : throw ListQuery.Bad("'recipients' is an array of addresses of mail");

    private static TargetAnswer Of(NotifyTarget target) =>
        new(
            target.Id.ToString(),
            target.Name,
            target.Kind == NotifyKind.Webhook ? Webhook : Email,
            target.Kind == NotifyKind.Webhook ? target.Address : null,
            target.Kind == NotifyKind.Email ? target.Address.Split(',') : null,
            target.CreatedAt
        );
}
