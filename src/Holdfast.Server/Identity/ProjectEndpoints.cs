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
        door.Map(routes, "GET", Collection, ListAsync);
        door.Map(routes, "GET", Collection + "/{id}", ShowAsync);
        door.Map(routes, "POST", Collection, CreateAsync, adminOnly: true);
        door.Map(routes, "PATCH", Collection + "/{id}", UpdateAsync, adminOnly: true);
        door.Map(routes, "DELETE", Collection + "/{id}", DeleteAsync, adminOnly: true);
        door.Map(routes, "GET", "/users/{id}/projects", ListOfUserAsync);
    }

    private async Task ListAsync(HttpContext context, IdentityCaller caller)
    {
        var own = (await accounts.ProjectNamesAsync(caller.Account.Id, context.RequestAborted)).ToHashSet(StringComparer.Ordinal);
        var (name, enabled, domain) = (
            ListQuery.ReadText(context.Request.Query, "name"),
            ListQuery.ReadText(context.Request.Query, "enabled"),
            ListQuery.ReadText(context.Request.Query, "domain_id")
        );
        var list = (await projects.ListAsync(context.RequestAborted)).Where(project =>
            (caller.IsAdmin || own.Contains(project.Name))
            && (name is null || project.Name == name)
            && (enabled is null || project.Enabled == enabled is "true" or "True" or "1")
            && domain is null or ServiceCatalog.DomainId
        );
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
        var name = ReadName(given) ?? throw Bad("'name' is missing");
        var wanted = new Project(
            ProjectId.New(clock),
            name,
            given.SwitchMember("enabled") ?? true,
            IdentityWire.ReadDescription(given, "description") ?? ""
        );
        var project = await projects.CreateAsync(wanted, context.RequestAborted) ?? throw Taken(name);
        audit.Changed(caller.Account, $"made {Named(project)}{(project.Enabled ? "" : ", disabled")}");
        await WriteAsync(context, StatusCodes.Status201Created, project);
    }

    private async Task UpdateAsync(HttpContext context, IdentityCaller caller)
    {
        var project = await FindAsync(context);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var given = body.RootElement.ObjectMember("project") ?? throw Bad("'project' is missing");
        var change = new ProjectChange
        {
            Name = ReadName(given),
            Enabled = given.SwitchMember("enabled"),
            Description = IdentityWire.ReadDescription(given, "description"),
        };
        Check(await administration.UpdateProjectAsync(project.Id, change, context.RequestAborted), project, change.Name);
        audit.Changed(
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
        audit.Changed(caller.Account, $"deleted {Named(project)}");
        await JsonAnswer.NoContent(context);
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
                    $"project '{project.Name}' still owns volumes, policies, backups or jobs; delete these first"
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
        IdentityWire.AnswerAsync(context, status, "project", project, door.AddressOf(context, Collection), IdentityWire.WriteProject);

    private Task WriteAsync(HttpContext context, IEnumerable<Project> list, string self) =>
        IdentityWire.ListAsync(
            context,
            "projects",
            list,
            door.AddressOf(context, self),
            door.AddressOf(context, Collection),
            IdentityWire.WriteProject
        );

    private static string? ReadName(JsonElement project) =>
        project.TextMember("name") is not { } name ? null
        : NameRule.TroubleOf(name) is { } trouble ? throw Bad(trouble)
        : name;

    private static ApiException Taken(string name) => new(StatusCodes.Status409Conflict, "", $"there is a project '{name}' already");

    public static ApiException NoSuchProject(string id) => new(StatusCodes.Status404NotFound, "", $"there is no project '{id}'");

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);
}
