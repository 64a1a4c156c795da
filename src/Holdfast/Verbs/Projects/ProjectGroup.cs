using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Projects;

/// <summary><c>project create|list|show|rename|enable|disable|delete</c>.</summary>
internal static class ProjectGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("project", "Projects: each has its own policies, volumes and backups, and sees no other's.")
        {
            MakeCreate(server),
            ProjectList.Make(server),
            MakeShow(server),
            MakeRename(server),
            MakeSwitch(server, "enable", "Let its users in again.", on: true),
            MakeSwitch(server, "disable", "Let nobody in. Its policies go on to protect its volumes.", on: false),
            MakeDelete(server),
        };
        server.AddTo(group);
        return group;
    }

    private static Command MakeCreate(ServerOptions server)
    {
        var name = new Argument<string>("NAME") { Description = "1 to 64 printable characters." };
        var output = OutputOptions.OfObject();
        var command = new Command("create", "Make a project. Give users roles in it with 'holdfast user grant'.") { name, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var project = await api.Identity.CreateProjectAsync(new ProjectMembers { Name = parse.GetRequiredValue(name) }, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(project.Raw);
                    return;
                }

                Console.WriteLine($"Project '{project.Name}' is made: {project.Id}.");
            }
        );
        return command;
    }

    private static Command MakeShow(ServerOptions server)
    {
        var (which, output) = (Project(), OutputOptions.OfObject());
        var command = new Command("show", "Show one project.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var project = await api.Identity.FindProjectAsync(parse.GetRequiredValue(which), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(project.Raw);
                    return;
                }

                Tables.PrintFacts(
                    ("Id", project.Id),
                    ("Name", Tables.Plain(project.Name)),
                    ("On", Tables.State(project.Enabled ? "ON" : "OFF"))
                );
            }
        );
        return command;
    }

    private static Command MakeRename(ServerOptions server)
    {
        var (which, name) = (Project(), new Argument<string>("NAME") { Description = "What to call it from now on." });
        var command = new Command("rename", "Rename a project.") { which, name };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var project = await api.Identity.FindProjectAsync(parse.GetRequiredValue(which), cancel);
                await api.Identity.UpdateProjectAsync(project.Id, new ProjectMembers { Name = parse.GetRequiredValue(name) }, cancel);
                Console.WriteLine($"Project '{project.Name}' is now '{parse.GetRequiredValue(name)}'.");
            }
        );
        return command;
    }

    private static Command MakeSwitch(ServerOptions server, string verb, string description, bool on)
    {
        var which = Project();
        var command = new Command(verb, description) { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var project = await api.Identity.FindProjectAsync(parse.GetRequiredValue(which), cancel);
                await api.Identity.UpdateProjectAsync(project.Id, new ProjectMembers { Enabled = on }, cancel);
                Console.WriteLine($"Project '{project.Name}' is {(on ? "enabled" : "disabled")}.");
            }
        );
        return command;
    }

    private static Command MakeDelete(ServerOptions server)
    {
        var which = Project();
        var command = new Command("delete", "Delete a project that owns no volumes, policies and backups any more.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var project = await api.Identity.FindProjectAsync(parse.GetRequiredValue(which), cancel);
                await api.Identity.DeleteAsync("project", project.Id, cancel);
                Console.WriteLine($"Project '{project.Name}' is deleted.");
            }
        );
        return command;
    }

    private static Argument<string> Project() => new("PROJECT") { Description = "Name or id of a project." };
}
