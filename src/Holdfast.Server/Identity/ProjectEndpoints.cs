using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>Projects, in Keystone's shape: admins manage them, others see their own.</summary>
internal sealed class ProjectEndpoints(
    ProjectStore projects,
    AccountStore accounts,
    Administration administration,
    AuditLog audit,
    IdentityDoor door,
    TimeProvider clock
) : IEndpoints
{
    private const string Collection = "/projects";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.MapRead(routes, Collection, ListAsync);
        door.MapRead(routes, Collection + "/{id}", ShowAsync);
        door.Map(routes, "POST", Collection, CreateAsync, adminOnly: true);
        door.Map(routes, "PATCH", Collection + "/{id}", UpdateAsync, adminOnly: true);
        door.Map(routes, "DELETE", Collection + "/{id}", DeleteAsync, adminOnly: true);
        door.MapRead(routes, "/users/{id}/projects", ListOfUserAsync);
    }

    private async Task ListAsync(HttpContext context, IdentityCaller caller)
    {
        var own = (await accounts.ProjectNamesAsync(caller.Account.Id, context.RequestAborted)).ToHashSet(StringComparer.Ordinal);
        var list = (await projects.ListAsync(context.RequestAborted)).Where(project => caller.IsAdmin || own.Contains(project.Name));
        await WriteAsync(context, list, Collection);
    }

    private async Task ListOfUserAsync(HttpContext context, IdentityCaller caller)
    {
        var id = new AccountId((string?)context.GetRouteValue("id") ?? "");
        if (!caller.IsOrAdmin(id) || await accounts.FindAsync(id, context.RequestAborted) is null)
        {
            throw UserEndpoints.NoSuchUser(id.Value);
        }

        var own = (await accounts.ProjectNamesAsync(id, context.RequestAborted)).ToHashSet(StringComparer.Ordinal);
        await WriteAsync(
            context,
            (await projects.ListAsync(context.RequestAborted)).Where(project => own.Contains(project.Name)),
            $"/users/{id}/projects"
        );
    }

    private async Task ShowAsync(HttpContext context, IdentityCaller caller)
    {
        var project = await FindAsync(context);
        if (!caller.IsAdmin && (await accounts.RolesAsync(caller.Account.Id, project.Id, context.RequestAborted)).Count == 0)
        {
            throw NoSuchProject(project.Id.Value);
        }

        await WriteAsync(context, StatusCodes.Status200OK, project);
    }

    private async Task CreateAsync(HttpContext context, IdentityCaller caller)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var given = body.RootElement.ObjectMember("project") ?? throw Bad("'project' is missing");
        Check(given);
        var name = ReadName(given) ?? throw Bad("'name' is missing");
        var wanted = new Project(
            ProjectId.New(clock),
            name,
            given.SwitchMember("enabled") ?? true,
            IdentityWire.ReadDescription(given, "description") ?? ""
        )
        {
            Tags = MemberReader.ReadTags(given) ?? [],
            Attributes = FreeOf(given) ?? "{}",
        };
        var project = await projects.CreateAsync(wanted, context.RequestAborted) ?? throw Taken(name);
        audit.Changed(context, caller.Account, $"made {Named(project)}{(project.Enabled ? "" : ", disabled")}");
        await WriteAsync(context, StatusCodes.Status201Created, project);
    }

    private async Task UpdateAsync(HttpContext context, IdentityCaller caller)
    {
        var project = await FindAsync(context);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var given = body.RootElement.ObjectMember("project") ?? throw Bad("'project' is missing");
        if (!given.EnumerateObject().Any())
        {
            throw Bad("'project' holds nothing to change");
        }

        Check(given);
        var change = new ProjectChange
        {
            Tags = MemberReader.ReadTags(given) is { } tags ? _ => tags : null,
            Attributes = FreeOf(given),
            Name = ReadName(given),
            Enabled = given.SwitchMember("enabled"),
            Description = IdentityWire.ReadDescription(given, "description"),
        };
        Check(await administration.UpdateProjectAsync(project.Id, change, context.RequestAborted), project, change.Name);
        audit.Changed(
            context,
            caller.Account,
            $"changed {Named(project)}:{IdentityWire.ChangesOf(change.Name, change.Enabled)}"
                + (change.Description is null ? "" : " description")
        );
        await WriteAsync(context, StatusCodes.Status200OK, await FindAsync(context));
    }

    private async Task DeleteAsync(HttpContext context, IdentityCaller caller)
    {
        var project = await FindAsync(context);
        Check(await administration.RemoveProjectAsync(project.Id, context.RequestAborted), project, null);
        audit.Changed(context, caller.Account, $"deleted {Named(project)}");
        await JsonAnswer.NoContent(context);
    }

    private static void Check(JsonElement project)
    {
        MemberReader.CheckPlace(project);
        MemberReader.CheckProjectOptions(project);
    }

    private static string Named(Project project) => AuditLog.Of("project", project.Name, project.Id.Value);

    private static void Check(AdministrationOutcome outcome, Project project, string? name)
    {
        if (outcome != AdministrationOutcome.Done)
        {
            throw outcome switch
            {
                AdministrationOutcome.NameTaken => Taken(name ?? ""),
                AdministrationOutcome.LastAdmin => UserEndpoints.LastAdmin(),
                AdministrationOutcome.NotEmpty => new ApiException(
                    StatusCodes.Status409Conflict,
                    "",
                    $"project '{project.Name}' still owns volumes, policies, backups or jobs; delete these first (deleted backups that are "
                        + "still kept count, too: 'holdfast backup list --deleted' shows them)"
                ),
                _ => NoSuchProject(project.Id.Value),
            };
        }
    }

    private async Task<Project> FindAsync(HttpContext context)
    {
        var id = (string?)context.GetRouteValue("id") ?? "";
        return await projects.FindAsync(new ProjectId(id), context.RequestAborted) ?? throw NoSuchProject(id);
    }

    private Task WriteAsync(HttpContext context, int status, Project project) =>
        JsonAnswer.WriteAsync(
            context,
            status,
            new ProjectAnswer(ProjectBody.Of(project, door.AddressOf(context, ""))),
            IdentityJson.Default.ProjectAnswer
        );

    private Task WriteAsync(HttpContext context, IEnumerable<Project> list, string self) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ProjectsAnswer(Filtered(context, list, door.AddressOf(context, "")), new ListLinks(door.AddressOf(context, self))),
            IdentityJson.Default.ProjectsAnswer
        );

    /// <summary>Those of the list that the query asks for.</summary>
    public static IEnumerable<ProjectBody> Filtered(HttpContext context, IEnumerable<Project> list, string root)
    {
        var query = context.Request.Query;
        var asked = list.Select(project => ProjectBody.Of(project, root))
            .Filter(
                query,
                ("name", it => it.Name),
                ("domain_id", it => it.DomainId),
                ("enabled", it => it.Enabled),
                ("parent_id", it => it.ParentId),
                ("is_domain", it => it.IsDomain)
            );
        foreach (
            var (key, has) in (ReadOnlySpan<(string, Func<IReadOnlyList<string>, IReadOnlyList<string>, bool>)>)
                [
                    ("tags", (own, wanted) => wanted.All(own.Contains)),
                    ("tags-any", (own, wanted) => wanted.Any(own.Contains)),
                    ("not-tags", (own, wanted) => !wanted.All(own.Contains)),
                    ("not-tags-any", (own, wanted) => !wanted.Any(own.Contains)),
                ]
        )
        {
            if (query.TryGetValue(key, out var values))
            {
                string[] wanted = [.. values.SelectMany(value => (value ?? "").Split(','))];
                asked = asked.Where(project => has(project.Tags, wanted));
            }
        }

        return asked;
    }

    private static readonly string[] Known =
    [
        "id",
        "name",
        "domain_id",
        "enabled",
        "description",
        "is_domain",
        "parent_id",
        "tags",
        "links",
    ];

    private static readonly Dictionary<string, string> Refused = [];

    private static string? FreeOf(JsonElement project) => MemberReader.ReadFree(project, Known, Refused);

    private static string? ReadName(JsonElement project) =>
        project.TextMember("name") is not { } name ? null
        : NameRule.TroubleOf(name) is { } trouble ? throw Bad(trouble)
        : name;

    private static ApiException Taken(string name) => new(StatusCodes.Status409Conflict, "", $"there is a project '{name}' already");

    public static ApiException NoSuchProject(string id) => new(StatusCodes.Status404NotFound, "", $"there is no project '{id}'");

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);
}
