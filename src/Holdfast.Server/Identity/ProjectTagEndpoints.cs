using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>The tags of a project, in Keystone's shape: admins set them, others see those of their own projects.</summary>
internal sealed class ProjectTagEndpoints(
    ProjectStore projects,
    AccountStore accounts,
    Administration administration,
    AuditLog audit,
    IdentityDoor door
) : IEndpoints
{
    private const string Collection = "/projects/{id}/tags";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.MapRead(routes, Collection, ListAsync);
        door.Map(routes, "PUT", Collection, ReplaceAsync, adminOnly: true);
        door.Map(routes, "DELETE", Collection, ClearAsync, adminOnly: true);
        door.MapRead(routes, Collection + "/{tag}", CheckAsync);
        door.Map(routes, "PUT", Collection + "/{tag}", AddAsync, adminOnly: true);
        door.Map(routes, "DELETE", Collection + "/{tag}", RemoveAsync, adminOnly: true);
    }

    private async Task ListAsync(HttpContext context, IdentityCaller caller) => await WriteAsync(context, await FindAsync(context, caller));

    private async Task CheckAsync(HttpContext context, IdentityCaller caller)
    {
        var (project, tag) = (await FindAsync(context, caller), TagOf(context));
        if (!project.Tags.Contains(tag))
        {
            throw NoSuchTag(project, tag);
        }

        await JsonAnswer.NoContent(context);
    }

    private async Task ReplaceAsync(HttpContext context, IdentityCaller caller)
    {
        var project = await FindAsync(context, caller);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var tags = MemberReader.ReadTags(body.RootElement) ?? throw Bad("'tags' is missing");
        await SetAsync(context, caller, project, _ => tags);
        await WriteAsync(context, await FindAsync(context, caller));
    }

    private async Task ClearAsync(HttpContext context, IdentityCaller caller)
    {
        await SetAsync(context, caller, await FindAsync(context, caller), _ => []);
        await JsonAnswer.NoContent(context);
    }

    private async Task AddAsync(HttpContext context, IdentityCaller caller)
    {
        var (project, tag) = (await FindAsync(context, caller), MemberReader.CheckTag(TagOf(context)));
        if (!project.Tags.Contains(tag))
        {
            await SetAsync(
                context,
                caller,
                project,
                tags =>
                    tags.Contains(tag) ? tags
                    : tags.Count < MemberReader.MostTags ? [.. tags, tag]
                    : throw Bad($"project '{project.Name}' has {tags.Count} tags, as many as it may; take one away first")
            );
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = door.AddressOf(context, $"/projects/{project.Id}/tags/{Uri.EscapeDataString(tag)}");
    }

    private async Task RemoveAsync(HttpContext context, IdentityCaller caller)
    {
        var (project, tag) = (await FindAsync(context, caller), TagOf(context));
        await SetAsync(
            context,
            caller,
            project,
            tags => tags.Contains(tag) ? [.. tags.Where(other => other != tag)] : throw NoSuchTag(project, tag)
        );
        await JsonAnswer.NoContent(context);
    }

    private async Task SetAsync(
        HttpContext context,
        IdentityCaller caller,
        Project project,
        Func<IReadOnlyList<string>, IReadOnlyList<string>> change
    )
    {
        var outcome = await administration.UpdateProjectAsync(project.Id, new ProjectChange { Tags = change }, context.RequestAborted);
        if (outcome != AdministrationOutcome.Done)
        {
            throw ProjectEndpoints.NoSuchProject(project.Id.Value);
        }

        audit.Changed(context, caller.Account, $"changed {AuditLog.Of("project", project.Name, project.Id.Value)}: tags");
    }

    private Task WriteAsync(HttpContext context, Project project) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new TagsAnswer(project.Tags, new SelfLink(door.AddressOf(context, $"/projects/{project.Id}/tags"))),
            IdentityJson.Default.TagsAnswer
        );

    private async Task<Project> FindAsync(HttpContext context, IdentityCaller caller)
    {
        var id = new ProjectId((string?)context.GetRouteValue("id") ?? "");
        return
            await projects.FindAsync(id, context.RequestAborted) is { } project
            && (caller.IsAdmin || (await accounts.RolesAsync(caller.Account.Id, id, context.RequestAborted)).Count > 0)
            ? project
            : throw ProjectEndpoints.NoSuchProject(id.Value);
    }

    private static string TagOf(HttpContext context) => (string?)context.GetRouteValue("tag") ?? "";

    private static ApiException NoSuchTag(Project project, string tag) =>
        new(StatusCodes.Status404NotFound, "", $"project '{project.Name}' has no tag '{tag}'");

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);
}
