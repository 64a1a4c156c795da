using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Console.Sessions;
using Holdfast.Server.Http;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Signing in and out, the project that is looked at, and what does not belong to a page of its own.</summary>
internal sealed class SignInPages(ConsoleDoor door, PageWriter pages, IConsoleSessions sessions, ServerSettings settings) : IEndpoints
{
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
            ("Domain", form?["domain"].ToString() ?? settings.Keystone?.UserDomain),
            ("To", form?["to"].ToString() ?? context.Request.Query["to"].ToString()),
            ("IsKeystone", settings.IsKeystone)
        );

    private async Task SignInAsync(HttpContext context)
    {
        door.RefuseForeign(context);
        var form = await ConsoleDoor.ReadFormAsync(context);
        var outcome = await sessions.SignInAsync(context, form);
        if (outcome.Secret is not { } secret)
        {
            await ShowAsync(context, outcome.Status, outcome.Message, form);
            return;
        }

        ConsoleCookies.Begin(context, door.RootOf(context), secret, outcome.IsMade);
        door.GoOn(context, PathOf(form["to"].ToString()));
    }

    private async Task SignOutAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        ConsoleCookies.End(context, door.RootOf(context));
        try
        {
            await sessions.EndAsync(context, visit);
        }
        catch (HoldfastException e) when (e.IsTransient && visit.IsKeystone)
        {
            // The browser forgets the token all the same; Keystone, which does not answer, ends it in its own time.
        }

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
            ("Projects", await sessions.ProjectsAsync(context, visit))
        );

    private async Task ChangeProjectAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var outcome = await sessions.ChangeAsync(context, visit, form["to_project"].ToString());
        if (outcome.Secret is { } secret)
        {
            ConsoleCookies.Begin(context, door.RootOf(context), secret, outcome.IsMade);
        }

        door.GoOn(
            context,
            "",
            outcome.Secret is null ? new ConsoleNote(false, outcome.Message) : new ConsoleNote(true, "You look at another project now.")
        );
    }

    /// <summary>Of a path that came from outside, what may be gone on to: a page of the console and nothing else.</summary>
    private static string PathOf(string path)
    {
        var at = path.IndexOf(ConsoleAddress.Root + "/", StringComparison.Ordinal);
        var below = at < 0 ? "" : path[(at + ConsoleAddress.Root.Length)..];
        return below.Length is > 1 and < 2000 && below[1] is not ('/' or '\\') && !below.Any(char.IsControl) ? below : "";
    }
}
