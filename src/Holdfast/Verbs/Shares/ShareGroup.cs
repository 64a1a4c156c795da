using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Backups;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Shares;

/// <summary><c>share create|list|count|show|cancel</c>: backups that other projects may see and make volumes from.</summary>
internal static class ShareGroup
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "name",
        "backup_id",
        "backup.status",
        "backup.size",
        "backup.volume_id",
        "from_project_id",
        "to_project_id",
        "@created_at",
    ];

    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("share", "Backups shared with other projects, which may make volumes of them.")
        {
            MakeCreate(server),
            MakeList(server),
            MakeCount(server),
            MakeShow(server),
            MakeCancel(server),
        };
        server.AddTo(group);
        return group;
    }

    private static Command MakeCreate(ServerOptions server)
    {
        var which = BackupShow.BackupId(offline: false);
        var projects = new Argument<string[]>("PROJECT")
        {
            Description = "The projects to share it with: ids, or names of those that you may see.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = OutputOptions.OfList();
        var command = new Command("create", "Share a backup with projects.") { which, projects, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var recipients = await api.Identity.ResolveProjectsAsync(parse.GetRequiredValue(projects), cancel);
                var backup = await api.FindBackupAsync(parse.GetRequiredValue(which), cancel);
                Print(await api.Backups.ShareAsync(backup, recipients, cancel), output.ReadList(parse));
            }
        );
        return command;
    }

    private static Command MakeList(ServerOptions server)
    {
        var filter = new ShareOptions();
        var page = new PageOptions("one of name, status, size, volume_id, id, created_at, updated_at", hasMarker: false);
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the backups that this project shares.") { output };
        filter.AddTo(command);
        page.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                Print(
                    await api.Backups.ListSharesAsync(page.Read(parse, await filter.ReadAsync(api, parse, cancel)), cancel),
                    output.ReadList(parse)
                );
            }
        );
        return command;
    }

    private static Command MakeCount(ServerOptions server)
    {
        var (filter, output) = (new ShareOptions(), OutputOptions.OfList());
        var command = new Command("count", "Count the backups that this project shares.") { output };
        filter.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                PageOptions.PrintCount(
                    await api.Backups.CountSharesAsync(ListRequest.Where(await filter.ReadAsync(api, parse, cancel)), cancel),
                    output.ReadList(parse).Form
                );
            }
        );
        return command;
    }

    private static Command MakeShow(ServerOptions server)
    {
        var which = new Argument<string>("SHARE") { Description = "Id of a sharing." };
        var output = OutputOptions.OfObject();
        var command = new Command("show", "Show a sharing and its backup.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var share = await api.Backups.GetShareAsync(parse.GetRequiredValue(which), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(share);
                    return;
                }

                var backup = share.Object("backup") ?? default;
                Tables.PrintFacts(
                    ("Id", share.Text("id")),
                    ("Backup", $"{share.Text("backup_id")} ({Tables.Plain(backup.Text("name"))})"),
                    ("Status", Tables.State(backup.Text("status") ?? "")),
                    ("Size", $"{backup.Number("size")} GiB"),
                    ("From", share.Text("from_project_id")),
                    ("To", Tables.Plain(share.Text("to_project_id"))),
                    ("Since", $"{Text.Time(share.Time("created_at"))} UTC")
                );
            }
        );
        return command;
    }

    private static Command MakeCancel(ServerOptions server)
    {
        var which = new Argument<string>("SHARE") { Description = "Id of a sharing; with --all id or name of a backup." };
        var all = new Option<bool>("--all") { Description = "A backup is named: end all its sharings." };
        var command = new Command("cancel", "End a sharing. Volumes that were made of the backup stay.") { which, all };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var id = parse.GetValue(all)
                    ? await api.FindBackupAsync(parse.GetRequiredValue(which), cancel)
                    : parse.GetRequiredValue(which);
                await api.Backups.CancelShareAsync(id, parse.GetValue(all), cancel);
                Console.WriteLine(parse.GetValue(all) ? $"Backup {id} is shared with nobody." : $"Sharing {id} has ended.");
            }
        );
        return command;
    }

    private static void Print(IReadOnlyList<JsonElement> shares, ListOutput output)
    {
        if (output.Wrote(shares.Select(share => (share.Required("id"), share.Object("backup")?.Text("name"), share)), Fields))
        {
            return;
        }

        Tables.Print(
            ["Id", "Backup", "Name", "From", "To", "Since (UTC)"],
            shares.Select(share =>
                new[]
                {
                    share.Text("id") ?? "",
                    share.Text("backup_id") ?? "",
                    Tables.Plain(share.Object("backup")?.Text("name")),
                    share.Text("from_project_id") ?? "",
                    Tables.Plain(share.Text("to_project_id")),
                    Text.Time(share.Time("created_at")),
                }
            ),
            output
        );
    }
}
