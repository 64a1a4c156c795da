using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Policies;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>Tags of policies: contract section 4.</summary>
internal sealed class PolicyTagEndpoints(PolicyStore policies, PolicyTags tags) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        const string Root = "/v2/{project}/backuppolicy";
        routes.MapGet(Root + "/tags", ListAllAsync);
        routes.MapGet(Root + "/{policy}/tags", ListAsync);
        routes.MapPost(Root + "/{policy}/tags", AddAsync);
        routes.MapDelete(Root + "/{policy}/tags/{key}", RemoveAsync);
        routes.MapPost(Root + "/{policy}/tags/action", BatchAsync);
        routes.MapPost(Root + "/resource_instances/action", QueryAsync).Needs(Role.Reader); // a question, whatever its method
    }

    private async Task ListAllAsync(HttpContext context)
    {
        var all = await tags.AllAsync(context.Caller().Project, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            all,
            static (json, all) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("tags");
                foreach (var group in all.GroupBy(tag => tag.Key))
                {
                    json.WriteStartObject();
                    json.WriteString("key", group.Key);
                    json.WriteStartArray("values");
                    foreach (var (_, value) in group)
                    {
                        json.WriteStringValue(value);
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private async Task ListAsync(HttpContext context)
    {
        var policy = await FindAsync(context);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            policy,
            static (json, policy) =>
            {
                json.WriteStartObject();
                WriteTags(json, policy);
                json.WriteEndObject();
            }
        );
    }

    private async Task AddAsync(HttpContext context)
    {
        var policy = await FindAsync(context);
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var tag =
            body.RootElement.ObjectMember("tag") is { } given && given.EnumerateObject().Any()
                ? TagReading.Read(given)
                : throw VbsErrors.EmptyObject("tag");
        await AnswerAsync(
            context,
            policy.Id,
            "",
            await tags.PutAsync(policy.Project, policy.Id, TagReading.Check([tag], VbsErrors.Tag), context.RequestAborted)
        );
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var id = PolicyEndpoints.PolicyOf(context, VbsErrors.NoSuchPolicy);
        var key = (string?)context.GetRouteValue("key") ?? "";
        await AnswerAsync(context, id, key, await tags.RemoveAsync(context.Caller().Project, id, key, context.RequestAborted));
    }

    private async Task BatchAsync(HttpContext context)
    {
        var policy = await FindAsync(context);
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var (action, given) = (body.RootElement.TextMember("action") ?? "", TagReading.Read(body.RootElement.ArrayMember("tags")));
        var outcome = action switch
        {
            "create" or "update" => await tags.PutAsync(
                policy.Project,
                policy.Id,
                TagReading.Check(given, VbsErrors.Tag),
                context.RequestAborted
            ),
            "delete" => await tags.RemoveManyAsync(
                policy.Project,
                policy.Id,
                [.. given.Select(tag => TagReading.CheckOld(tag, VbsErrors.Tag))],
                context.RequestAborted
            ),
            _ => throw VbsErrors.Action(action, "create, update or delete"),
        };
        await AnswerAsync(context, policy.Id, "", outcome);
    }

    private async Task QueryAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var query = TagQuery.Read(body.RootElement);
        var found = (await policies.ListAsync(context.Caller().Project, context.RequestAborted)).Where(query.Matches).ToList();
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (found, query),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteNumber("total_count", answer.found.Count);
                if (!answer.query.IsCount)
                {
                    json.WriteStartArray("resources");
                    foreach (var policy in answer.found.Skip(answer.query.Offset).Take(answer.query.Limit))
                    {
                        json.WriteStartObject();
                        json.WriteString("resource_id", policy.Id.Value);
                        json.WriteString("resource_name", policy.Name);
                        json.WriteNull("resource_detail");
                        WriteTags(json, policy);
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }
        );
    }

    private async Task<Policy> FindAsync(HttpContext context)
    {
        var id = PolicyEndpoints.PolicyOf(context, VbsErrors.NoSuchPolicy);
        return await policies.FindAsync(context.Caller().Project, id, context.RequestAborted)
            ?? throw VbsErrors.NoSuchPolicy(id.ToString());
    }

    private static Task AnswerAsync(HttpContext context, PolicyId policy, string key, TagOutcome outcome) =>
        outcome switch
        {
            TagOutcome.Done => JsonAnswer.NoContent(context),
            TagOutcome.NoSuchPolicy => throw VbsErrors.NoSuchPolicy(policy.ToString()),
            TagOutcome.NoSuchTag => throw VbsErrors.NoSuchTag(key),
            _ => throw VbsErrors.TooManyTags(PolicyTags.Most),
        };

    private static void WriteTags(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("tags");
        foreach (var (key, value) in policy.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
