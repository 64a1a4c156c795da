using System.Text.Json.Nodes;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Signing in and out, the project that is looked at, and what does not belong to a page of its own.</summary>
internal sealed class SignInPages(ConsoleDoor door, PageWriter pages, ApiCalls api, ITokenSource tokens, ServerSettings settings)
    : IEndpoints
{
    private const string Tokens = "/identity/v3/auth/tokens";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Open(routes, "/sign-in", "GET", context => ShowAsync(context));
        door.Open(routes, "/sign-in", "POST", SignInAsync);
        door.Open(
            routes,
            "/{**rest}",
            method: null,
            _ => throw ConsoleDoor.NotFound("there is no such page")
        );
        door.Act(routes, "/sign-out", SignOutAsync, Role.Reader);
        door.Act(routes, "/theme", ThemeAsync, Role.Reader);
        door.Page(routes, "/project", ProjectsAsync);
        door.Act(routes, "/project", ChangeProjectAsync, Role.Reader);
    }

    private Task ShowAsync(
        HttpContext context,
        int status = StatusCodes.Status200OK,
        string? message = null,
        IFormCollection? form = null
    ) =>
        pages.WriteAsync<SignInPage>(
            context,
            status,
            ("Root", door.RootOf(context)),
            ("Theme", ConsoleCookies.ThemeOf(context.Request)),
            ("Message", message),
            ("User", form?["user"].ToString()),
            ("ProjectName", form?["project_name"].ToString()),
            ("To", form?["to"].ToString() ?? context.Request.Query["to"].ToString()),
            ("IsKeystone", settings.IsKeystone)
        );

    private async Task SignInAsync(HttpContext context)
    {
        door.RefuseForeign(context);
        var form = await ConsoleDoor.ReadFormAsync(context);
        var (secret, refused) = settings.IsKeystone ? await TakeTokenAsync(context, form) : await LogInAsync(context, form);
        if (secret is null)
        {
            await ShowAsync(context, StatusCodes.Status401Unauthorized, refused, form);
            return;
        }

        ConsoleCookies.Begin(context, door.RootOf(context), secret);
        door.GoOn(context, PathOf(form["to"].ToString()));
    }

    private async Task<(string? Secret, string? Refused)> LogInAsync(HttpContext context, IFormCollection form)
    {
        var identity = new JsonObject
        {
            ["methods"] = new JsonArray("password"),
            ["password"] = new JsonObject
            {
                ["user"] = new JsonObject { ["name"] = form["user"].ToString(), ["password"] = form["password"].ToString() },
            },
        };
        var project = form["project_name"].ToString();
        var reply = await api.SendAsync(
            context,
            null,
            "POST",
            Tokens,
            AuthOf(identity, project.Length == 0 ? null : ProjectNamed(project))
        );
        if (!reply.IsGood || reply.SubjectToken is not { } secret)
        {
            return (null, reply.Status == StatusCodes.Status401Unauthorized ? "User, password or project is not right." : reply.Message);
        }

        if (reply.Body.ObjectMember("token")?.ObjectMember("project") is not null)
        {
            return (secret, null);
        }

        // No project was named, and the user has no default: the first in which they have a role.
        var projects = await OwnProjectsAsync(context, secret);
        if (projects.Count == 0)
        {
            return (null, "You have no role in any project. An admin gives you one: holdfast user grant.");
        }

        var scoped = await RescopeAsync(context, secret, projects[0].Id);
        await api.SendAsync(context, secret, "DELETE", Tokens, subject: secret);
        return scoped.SubjectToken is { } own && scoped.IsGood ? (own, null) : (null, scoped.Message);
    }

    private async Task<(string? Secret, string? Refused)> TakeTokenAsync(HttpContext context, IFormCollection form)
    {
        var secret = form["token"].ToString().Trim();
        return await tokens.FindFreshAsync(secret, context.RequestAborted) switch
        {
            null => (null, "Keystone does not know this token, or it has expired."),
            { Project: null } => (null, "The token has no project; ask for one with a project as its scope."),
            { Roles.Count: 0 } => (null, "The token has no role here."),
            _ => (secret, null),
        };
    }

    private async Task SignOutAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        if (!visit.IsKeystone)
        {
            await api.SendAsync(context, visit.Secret, "DELETE", Tokens, subject: visit.Secret);
        }

        ConsoleCookies.End(context, door.RootOf(context));
        door.GoOn(context, "/sign-in");
    }

    private Task ThemeAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        ConsoleCookies.SetTheme(context, door.RootOf(context), form["theme"].ToString());
        door.GoOn(context, PathOf(form["back"].ToString()));
        return Task.CompletedTask;
    }

    private async Task ProjectsAsync(HttpContext context, ConsoleVisit visit) =>
        await pages.WriteAsync<ProjectPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Projects", visit.IsKeystone ? [] : await OwnProjectsAsync(context, visit.Secret))
        );

    private async Task ChangeProjectAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var reply = await RescopeAsync(context, visit.Secret, form["to_project"].ToString());
        if (reply.IsGood && reply.SubjectToken is { } secret)
        {
            ConsoleCookies.Begin(context, door.RootOf(context), secret);
        }

        door.GoOn(context, "", reply, "You look at another project now.");
    }

    private Task<ApiReply> RescopeAsync(HttpContext context, string secret, string project) =>
        api.SendAsync(
            context,
            null,
            "POST",
            Tokens,
            AuthOf(
                new JsonObject { ["methods"] = new JsonArray("token"), ["token"] = new JsonObject { ["id"] = secret } },
                new JsonObject { ["id"] = project }
            )
        );

    private async Task<IReadOnlyList<(string Id, string Name)>> OwnProjectsAsync(HttpContext context, string secret) =>
        [
            .. (await api.SendAsync(context, secret, "GET", "/identity/v3/auth/projects"))
                .Body.ArrayMember("projects")
                ?.Select(project => (project.TextMember("id") ?? "", project.TextMember("name") ?? "")) ?? [],
        ];

    private static JsonObject ProjectNamed(string name) =>
        new() { ["name"] = name, ["domain"] = new JsonObject { ["id"] = "default" } };

    private static JsonObject AuthOf(JsonObject identity, JsonObject? project)
    {
        var auth = new JsonObject { ["identity"] = identity };
        if (project is not null)
        {
            auth["scope"] = new JsonObject { ["project"] = project };
        }

        return new JsonObject { ["auth"] = auth };
    }

    /// <summary>Of a path that came from outside, what may be gone on to: a page of the console and nothing else.</summary>
    private static string PathOf(string path)
    {
        var at = path.IndexOf(ConsoleAddress.Root + "/", StringComparison.Ordinal);
        var below = at < 0 ? "" : path[(at + ConsoleAddress.Root.Length)..];
        return below.Length is > 1 and < 2000 && below[1] is not ('/' or '\\') && !below.Any(char.IsControl) ? below : "";
    }
}
