using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Projects;

internal static class ProjectList
{
    /// <summary>Of <c>--output csv</c>.</summary>
    private static readonly string[] Fields = ["id", "name", "enabled", "description", "domain_id"];

    public static Command Make(ServerOptions server)
    {
        var mine = new Option<bool>("--mine") { Description = "Only those that you have a role in, as an admin too." };
        var user = new Option<string?>("--user")
        {
            HelpName = "USER",
            Description = "Only those that this user has a role in (name or id).",
        };
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the projects; for those who are no admin, their own.") { mine, user, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                if (parse.GetValue(mine) && parse.GetValue(user) is not null)
                {
                    throw new UsageException("--mine and --user exclude each other; give one of them.");
                }

                using var api = server.Open(parse);
                var projects = await ReadAsync(api.Identity, parse.GetValue(mine), parse.GetValue(user), cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(projects.Select(project => (project.Id, (string?)project.Name, project.Raw)), Fields))
                {
                    return;
                }

                Tables.Print(
                    ["Name", "On", "Id"],
                    projects.Select(project =>
                        new[] { Tables.Plain(project.Name), Tables.State(project.Enabled ? "ON" : "OFF"), project.Id }
                    ),
                    how
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
