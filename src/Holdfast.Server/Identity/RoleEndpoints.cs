using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>The three roles, and who has which where, in Keystone's shape.</summary>
internal sealed class RoleEndpoints(
    AccountStore accounts,
    ProjectStore projects,
    Administration administration,
    AuditLog audit,
    IdentityDoor door
) : IEndpoints
{
    private const string Collection = "/roles";
    private const string Grant = "/projects/{project_id}/users/{user_id}/roles";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.MapRead(routes, Collection, (context, _) => ListAsync(context, Enum.GetValues<Role>(), Collection));
        door.MapRead(
            routes,
            Collection + "/{id}",
            (context, _) =>
                JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new RoleEnvelope(Of(context, RoleOf(context, "id"))),
                    IdentityJson.Default.RoleEnvelope
                )
        );
        door.MapRead(routes, Grant, ListGrantsAsync, adminOnly: true);
        door.MapRead(routes, Grant + "/{role}", CheckGrantAsync, adminOnly: true);
        door.Map(routes, "PUT", Grant + "/{role}", GrantAsync, adminOnly: true);
        door.Map(routes, "DELETE", Grant + "/{role}", RevokeAsync, adminOnly: true);
        door.MapRead(routes, "/role_assignments", ListAssignmentsAsync);
    }

    private static Role RoleOf(HttpContext context, string parameter)
    {
        var name = (string?)context.GetRouteValue(parameter) ?? "";
        return IdentityWire.FindRole(name)
            ?? throw new ApiException(StatusCodes.Status404NotFound, "", $"there is no role '{name}'; there are admin, member and reader");
    }

    private static (AccountId User, ProjectId Project) PlaceOf(HttpContext context) =>
        (new((string?)context.GetRouteValue("user_id") ?? ""), new((string?)context.GetRouteValue("project_id") ?? ""));

    private RoleAnswer Of(HttpContext context, Role role) =>
        new(
            IdentityWire.NameOf(role),
            IdentityWire.NameOf(role),
            new(door.AddressOf(context, $"{Collection}/{IdentityWire.NameOf(role)}"))
        );

    /// <summary>A role of a domain's own is none of these.</summary>
    private Task ListAsync(HttpContext context, IEnumerable<Role> roles, string self) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new RoleListAnswer(
                [
                    .. roles
                        .Select(role => Of(context, role))
                        .Filter(context.Request.Query, ("name", it => it.Name), ("domain_id", it => it.DomainId)),
                ],
                new(door.AddressOf(context, self))
            ),
            IdentityJson.Default.RoleListAnswer
        );

    private async Task ListGrantsAsync(HttpContext context, IdentityCaller caller)
    {
        var (user, project) = await FindPlaceAsync(context);
        await ListAsync(
            context,
            await accounts.RolesAsync(user, project, context.RequestAborted),
            $"/projects/{project}/users/{user}/roles"
        );
    }

    private async Task CheckGrantAsync(HttpContext context, IdentityCaller caller)
    {
        var (user, project) = await FindPlaceAsync(context);
        var role = RoleOf(context, "role");
        if (!(await accounts.RolesAsync(user, project, context.RequestAborted)).Contains(role))
        {
            throw NoSuchGrant(user, project, role);
        }

        await JsonAnswer.NoContent(context);
    }

    private async Task GrantAsync(HttpContext context, IdentityCaller caller)
    {
        var ((user, project), role) = (PlaceOf(context), RoleOf(context, "role"));
        Check(await administration.GrantAsync(user, project, role, context.RequestAborted), user, project, role);
        audit.Changed(context, caller.Account, $"gave user {user} the role {IdentityWire.NameOf(role)} in project {project}");
        await JsonAnswer.NoContent(context);
    }

    private async Task RevokeAsync(HttpContext context, IdentityCaller caller)
    {
        var ((user, project), role) = (PlaceOf(context), RoleOf(context, "role"));
        Check(await administration.RevokeAsync(user, project, role, context.RequestAborted), user, project, role);
        audit.Changed(context, caller.Account, $"took from user {user} the role {IdentityWire.NameOf(role)} in project {project}");
        await JsonAnswer.NoContent(context);
    }

    /// <summary>An admin sees all of them, others their own.</summary>
    private async Task ListAssignmentsAsync(HttpContext context, IdentityCaller caller)
    {
        var query = context.Request.Query;
        var user = ListQuery.ReadText(query, "user.id") is { } id ? new AccountId(id) : (AccountId?)null;
        var project = ListQuery.ReadText(query, "scope.project.id") is { } scope ? new ProjectId(scope) : (ProjectId?)null;
        var role = ListQuery.ReadText(query, "role.id");
        var withNames = query.ContainsKey("include_names") && ListQuery.ReadText(query, "include_names") is not ("0" or "false" or "False");
        var list = (await accounts.AssignmentsAsync(user, project, context.RequestAborted)).Where(assignment =>
            caller.IsOrAdmin(assignment.Account) && (role is null || IdentityWire.NameOf(assignment.Role) == role)
        );
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new AssignmentListAnswer(
                [.. list.Select(assignment => Of(context, assignment, withNames))],
                new(door.AddressOf(context, "/role_assignments"))
            ),
            IdentityJson.Default.AssignmentListAnswer
        );
    }

    private AssignmentAnswer Of(HttpContext context, RoleAssignment assignment, bool withNames)
    {
        var role = IdentityWire.NameOf(assignment.Role);
        var at = $"/projects/{assignment.Project}/users/{assignment.Account}/roles/{role}";
        var domain = withNames ? NamedAnswer.OfDomain : null;
        return new(
            new(new(assignment.Project.Value) { Name = withNames ? assignment.ProjectName : null, Domain = domain }),
            new(assignment.Account.Value) { Name = withNames ? assignment.AccountName : null, Domain = domain },
            new(role) { Name = withNames ? role : null },
            new(door.AddressOf(context, at))
        );
    }

    private async Task<(AccountId User, ProjectId Project)> FindPlaceAsync(HttpContext context)
    {
        var (user, project) = PlaceOf(context);
        _ = await accounts.FindAsync(user, context.RequestAborted) ?? throw UserEndpoints.NoSuchUser(user.Value);
        _ = await projects.FindAsync(project, context.RequestAborted) ?? throw ProjectEndpoints.NoSuchProject(project.Value);
        return (user, project);
    }

    private static ApiException NoSuchGrant(AccountId user, ProjectId project, Role role) =>
        new(
            StatusCodes.Status404NotFound,
            "",
            $"user '{user}' has not the role {IdentityWire.NameOf(role)} in project '{project}'"
        );

    private static void Check(AdministrationOutcome outcome, AccountId user, ProjectId project, Role role)
    {
        if (outcome != AdministrationOutcome.Done)
        {
            throw outcome switch
            {
                AdministrationOutcome.NoSuchUser => UserEndpoints.NoSuchUser(user.Value),
                AdministrationOutcome.NoSuchProject => ProjectEndpoints.NoSuchProject(project.Value),
                AdministrationOutcome.LastAdmin => UserEndpoints.LastAdmin(),
                _ => NoSuchGrant(user, project, role),
            };
        }
    }
}
