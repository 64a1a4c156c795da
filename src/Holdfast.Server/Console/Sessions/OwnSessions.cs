using System.Text.Json.Nodes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Console.Sessions;

/// <summary>Sessions of the service's own users: tokens of its own identity, got as any client gets them.</summary>
internal sealed class OwnSessions(ApiCalls api) : IConsoleSessions
{
    private const string Tokens = "/identity/v3/auth/tokens";

    public async Task<SignInOutcome> SignInAsync(HttpContext context, IFormCollection form)
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
            return SignInOutcome.Refused(
                reply.Status == StatusCodes.Status401Unauthorized ? "User, password or project is not right." : reply.Message
            );
        }

        if (reply.Body.ObjectMember("token")?.ObjectMember("project") is not null)
        {
            return new SignInOutcome(secret);
        }

        // No project was named, and the user has no default: the first in which they have a role.
        var projects = await OwnProjectsAsync(context, secret);
        if (projects.Count == 0)
        {
            return SignInOutcome.Refused("You have no role in any project. An admin gives you one: holdfast user grant.");
        }

        var scoped = await RescopeAsync(context, secret, projects[0].Id);
        await api.SendAsync(context, secret, "DELETE", Tokens, subject: secret);
        return scoped;
    }

    public Task<IReadOnlyList<(string Id, string Name)>> ProjectsAsync(HttpContext context, ConsoleVisit visit) =>
        OwnProjectsAsync(context, visit.Secret);

    public Task<SignInOutcome> ChangeAsync(HttpContext context, ConsoleVisit visit, string project) =>
        RescopeAsync(context, visit.Secret, project);

    public Task EndAsync(HttpContext context, ConsoleVisit visit) =>
        api.SendAsync(context, visit.Secret, "DELETE", Tokens, subject: visit.Secret);

    private async Task<SignInOutcome> RescopeAsync(HttpContext context, string secret, string project)
    {
        var reply = await api.SendAsync(
            context,
            null,
            "POST",
            Tokens,
            AuthOf(
                new JsonObject { ["methods"] = new JsonArray("token"), ["token"] = new JsonObject { ["id"] = secret } },
                new JsonObject { ["id"] = project }
            )
        );
        return reply is { IsGood: true, SubjectToken: { } scoped } ? new SignInOutcome(scoped) : SignInOutcome.Refused(reply.Message);
    }

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
}
