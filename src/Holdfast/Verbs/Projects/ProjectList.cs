using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Projects;

internal static class ProjectList
{
    public static Command Make(ServerOptions server)
    {
        var mine = new Option<bool>("--mine") { Description = "Only those that you have a role in, as an admin too." };
        var user = new Option<string?>("--user")
        {
            HelpName = "USER",
            Description = "Only those that this user has a role in (name or id).",
        };
        var json = CommonOptions.Json();
        var command = new Command("list", "List the projects; for those who are no admin, their own.") { mine, user, json };
        command.SetAction(
            async (parse, cancel) =>
            {
                if (parse.GetValue(mine) && parse.GetValue(user) is not null)
                {
                    throw new UsageException("--mine and --user exclude each other; give one of them.");
                }

                using var api = server.Open(parse);
                var projects = await ReadAsync(api.Identity, parse.GetValue(mine), parse.GetValue(user), cancel);
                if (parse.GetValue(json))
                {
                    JsonOut.WriteArray(projects.Select(project => (project.Id, (string?)project.Name, project.Raw)));
                    return;
                }

                Tables.Print(
                    ["Name", "On", "Id"],
                    projects.Select(project =>
                        new[] { Tables.Plain(project.Name), Tables.State(project.Enabled ? "ON" : "OFF"), project.Id }
                    )
                );
            }
        );
        return command;
    }

    private static async Task<IReadOnlyList<NamedItem>> ReadAsync(IdentityApi api, bool mine, string? user, CancellationToken cancel) =>
        (mine, user) switch
        {
            (true, _) => await api.OwnProjectsAsync(cancel),
            (_, { } name) => await api.ProjectsOfUserAsync((await api.FindUserAsync(name, cancel)).Id, cancel),
            _ => await api.ListProjectsAsync(cancel),
        };
}
