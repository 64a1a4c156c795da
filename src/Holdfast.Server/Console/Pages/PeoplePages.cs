using System.Text.Json.Nodes;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Users, their roles, projects; and of who looks, the access keys and the password.</summary>
internal sealed class PeoplePages(
    ConsoleDoor door,
    PageWriter pages,
    AccountStore accounts,
    ProjectStore projects,
    AccessKeyStore keys
) : IEndpoints
{
    private const string Identity = "/identity/v3";
    private const string Keys = "/identity/v3.0/OS-CREDENTIAL/credentials";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/users", UsersAsync, Role.Admin);
        door.Act(routes, "/users/new", MakeUserAsync, Role.Admin);
        door.Act(routes, "/users/switch", SwitchUserAsync, Role.Admin);
        door.Act(routes, "/users/grant", GrantAsync, Role.Admin);
        door.Act(routes, "/users/revoke", RevokeAsync, Role.Admin);
        door.Act(routes, "/projects/new", MakeProjectAsync, Role.Admin);
        door.Page(routes, "/keys", (context, visit) => KeysAsync(context, visit, null));
        door.Act(routes, "/keys/new", MakeKeyAsync, Role.Reader);
        door.Act(routes, "/keys/delete", DeleteKeyAsync, Role.Reader);
        door.Act(routes, "/keys/password", ChangePasswordAsync, Role.Reader);
    }

    private async Task UsersAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        await pages.WriteAsync<UsersPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Users", visit.IsKeystone ? [] : await accounts.ListAsync(cancel)),
            ("Assignments", visit.IsKeystone ? [] : await accounts.AssignmentsAsync(null, null, cancel)),
            ("Projects", visit.IsKeystone ? [] : await projects.ListAsync(cancel))
        );
    }

    private async Task MakeUserAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var user = new JsonObject { ["name"] = form["name"].ToString(), ["password"] = form["password"].ToString() };
        var reply = await door.CallAsync(context, visit, "POST", $"{Identity}/users", new JsonObject { ["user"] = user });
        door.GoOn(context, "/users", reply, $"The user '{form["name"]}' is made. They may do nothing until you give them a role.");
    }

    private async Task SwitchUserAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var user = new JsonObject { ["enabled"] = form["enabled"] == "true" };
        var reply = await door.CallAsync(
            context,
            visit,
            "PATCH",
            $"{Identity}/users/{Part(form, "user")}",
            new JsonObject { ["user"] = user }
        );
        door.GoOn(
            context,
            "/users",
            reply,
            form["enabled"] == "true" ? "The user may log in again." : "The user is locked out; their tokens are ended."
        );
    }

    private async Task GrantAsync(HttpContext context, ConsoleVisit visit, IFormCollection form) =>
        door.GoOn(context, "/users", await door.CallAsync(context, visit, "PUT", RolePath(form)), "The role is given.");

    private async Task RevokeAsync(HttpContext context, ConsoleVisit visit, IFormCollection form) =>
        door.GoOn(context, "/users", await door.CallAsync(context, visit, "DELETE", RolePath(form)), "The role is taken.");

    private async Task MakeProjectAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var project = new JsonObject { ["name"] = form["name"].ToString() };
        var reply = await door.CallAsync(context, visit, "POST", $"{Identity}/projects", new JsonObject { ["project"] = project });
        door.GoOn(context, "/users", reply, $"The project '{form["name"]}' is made. Give users roles in it.");
    }

    private async Task KeysAsync(HttpContext context, ConsoleVisit visit, (string Access, string Secret)? made) =>
        await pages.WriteAsync<KeysPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Keys", visit.IsKeystone ? [] : await keys.ListAsync(visit.Token.Account.Id, context.RequestAborted)),
            ("NewKey", made)
        );

    /// <summary>Answers with the secret at once: it is kept nowhere, so no later page could show it.</summary>
    private async Task MakeKeyAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var key = new JsonObject { ["user_id"] = visit.Token.Account.Id.Value, ["description"] = form["description"].ToString() };
        var reply = await door.CallAsync(context, visit, "POST", Keys, new JsonObject { ["credential"] = key });
        if (reply.IsGood && reply.Body.ObjectMember("credential") is { } made)
        {
            await KeysAsync(context, visit, (made.TextMember("access") ?? "", made.TextMember("secret") ?? ""));
            return;
        }

        door.GoOn(context, "/keys", reply, "");
    }

    private async Task DeleteKeyAsync(HttpContext context, ConsoleVisit visit, IFormCollection form) =>
        door.GoOn(
            context,
            "/keys",
            await door.CallAsync(context, visit, "DELETE", $"{Keys}/{Part(form, "access")}"),
            "The key is revoked: what is signed with it is refused."
        );

    private async Task ChangePasswordAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        if (form["password"] != form["again"])
        {
            door.GoOn(context, "/keys", new ConsoleNote(false, "The new passwords are not the same. Nothing was changed."));
            return;
        }

        var user = new JsonObject { ["original_password"] = form["original"].ToString(), ["password"] = form["password"].ToString() };
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"{Identity}/users/{visit.Token.Account.Id.Value}/password",
            new JsonObject { ["user"] = user }
        );
        door.GoOn(context, reply.IsGood ? "/sign-in" : "/keys", reply, "The password is changed. Sign in with the new one.");
    }

    private static string RolePath(IFormCollection form) =>
        $"{Identity}/projects/{Part(form, "in")}/users/{Part(form, "user")}/roles/{Part(form, "role")}";

    /// <summary>As a part of a path; never empty, and never a dot segment.</summary>
    private static string Part(IFormCollection form, string name) =>
        form[name].ToString() is { Length: > 0 } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? text
            : throw new ApiException(StatusCodes.Status400BadRequest, "", $"'{name}' is missing, or is no id");
}
