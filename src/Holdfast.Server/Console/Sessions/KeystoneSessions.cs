using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Identity;
using Holdfast.Server.Identity.Keystone;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Console.Sessions;

/// <summary>Sessions of a Keystone's users: tokens of Keystone, got there by their passwords, or got elsewhere and shown.</summary>
internal sealed class KeystoneSessions(KeystoneLogin keystone, ITokenSource tokens, AuditLog audit, AuditTrail trail) : IConsoleSessions
{
    /// <summary>Where no project was named, and the first in which they have a role gives none that counts here, so many are
    /// tried.</summary>
    private const int MostProjects = 10;

    private const string WantsMore =
        "Keystone wants more than a password of you. Get a token there, for a project, and sign in with it below.";

    private const string NoRole =
        "You are signed in at Keystone, but have no role that counts here. Keystone's admin gives you one in a project: member or reader.";

    public async Task<SignInOutcome> SignInAsync(HttpContext context, IFormCollection form)
    {
        try
        {
            var shown = form["token"].ToString().Trim();
            return shown.Length > 0 ? await TakeAsync(context, shown) : await LogInAsync(context, form);
        }
        catch (TooManyTriesException)
        {
            return SignInOutcome.Refused("Too many sign in at once. Try again in a few seconds.", StatusCodes.Status429TooManyRequests);
        }
        catch (HoldfastException e) when (e.IsTransient)
        {
            return SignInOutcome.Refused(
                "Keystone does not answer, so nobody can be signed in: this says nothing of your password. Try again in a moment.",
                StatusCodes.Status503ServiceUnavailable
            );
        }
    }

    public async Task<IReadOnlyList<(string Id, string Name)>> ProjectsAsync(HttpContext context, ConsoleVisit visit) =>
        [.. (await keystone.ProjectsAsync(visit.Secret, context.RequestAborted)).Select(project => (project.Id, project.Name))];

    public async Task<SignInOutcome> ChangeAsync(HttpContext context, ConsoleVisit visit, string project)
    {
        if (await keystone.RescopeAsync(visit.Secret, project, context.RequestAborted) is not LoginOutcome.In { Secret: var secret })
        {
            return SignInOutcome.Refused("Keystone does not let this session change to that project. Sign in again, and name it.");
        }

        if (!await CountsAsync(context, secret))
        {
            await keystone.RevokeAsync(secret, context.RequestAborted);
            return SignInOutcome.Refused("You have no role in that project that counts here.");
        }

        await EndAsync(context, visit);
        return new SignInOutcome(secret);
    }

    /// <summary>A token that was got elsewhere may be in use elsewhere. What ends is not believed any longer either.</summary>
    public async Task EndAsync(HttpContext context, ConsoleVisit visit)
    {
        if (ConsoleCookies.IsMade(context.Request))
        {
            await keystone.RevokeAsync(visit.Secret, context.RequestAborted);
            await tokens.FindFreshAsync(visit.Secret, context.RequestAborted);
        }
    }

    private async Task<SignInOutcome> TakeAsync(HttpContext context, string secret) =>
        await tokens.FindFreshAsync(secret, context.RequestAborted) switch
        {
            null => SignInOutcome.Refused("Keystone does not know this token, or it has expired."),
            { Project: null } => SignInOutcome.Refused("The token has no project; ask for one with a project as its scope."),
            { Roles.Count: 0 } => SignInOutcome.Refused("The token has no role here."),
            _ => new SignInOutcome(secret) { IsMade = false },
        };

    private async Task<SignInOutcome> LogInAsync(HttpContext context, IFormCollection form)
    {
        var login = new PasswordLogin(
            form["user"].ToString(),
            form["password"].ToString(),
            TextOrNull(form["domain"].ToString()),
            TextOrNull(form["project_name"].ToString())
        );
        switch (await keystone.LogInAsync(login, RemoteAddress.NetworkOf(context), context.RequestAborted))
        {
            case LoginOutcome.In answer:
                return answer.HasProject
                    ? await EnterAsync(context, answer.Secret) ?? await LeaveAsync(context, answer.Secret)
                    : await EnterAnyAsync(context, answer.Secret);
            case LoginOutcome.WantsMore:
                return SignInOutcome.Refused(WantsMore);
            default:
                audit.LoginFailed(context, login.User);
                return SignInOutcome.Refused("User, password, domain or project is not right.");
        }
    }

    /// <summary>No project was named, and the user has no default one.</summary>
    private async Task<SignInOutcome> EnterAnyAsync(HttpContext context, string secret)
    {
        var cancel = context.RequestAborted;
        SignInOutcome? found = null;
        foreach (var project in (await keystone.ProjectsAsync(secret, cancel)).Take(MostProjects))
        {
            if (await keystone.RescopeAsync(secret, project.Id, cancel) is LoginOutcome.In { Secret: var scoped })
            {
                found = await EnterAsync(context, scoped);
                if (found is not null)
                {
                    break;
                }

                await keystone.RevokeAsync(scoped, cancel);
            }
        }

        var left = await LeaveAsync(context, secret);
        return found ?? left;
    }

    private async Task<SignInOutcome?> EnterAsync(HttpContext context, string secret)
    {
        if (await tokens.FindFreshAsync(secret, context.RequestAborted) is not { Roles.Count: > 0, Project: { } project } token)
        {
            return null;
        }

        await trail.SignedInAsync(context, token.Account, project.Id);
        return new SignInOutcome(secret);
    }

    private async Task<SignInOutcome> LeaveAsync(HttpContext context, string secret)
    {
        await keystone.RevokeAsync(secret, context.RequestAborted);
        return SignInOutcome.Refused(NoRole, StatusCodes.Status403Forbidden);
    }

    private async Task<bool> CountsAsync(HttpContext context, string secret) =>
        await tokens.FindFreshAsync(secret, context.RequestAborted) is { Roles.Count: > 0 };

    private static string? TextOrNull(string text) => text.Trim() is { Length: > 0 } given ? given : null;
}
