using System.CommandLine;
using Holdfast.Verbs;
using Holdfast.Verbs.Audit;
using Holdfast.Verbs.Backups;
using Holdfast.Verbs.Drills;
using Holdfast.Verbs.Jobs;
using Holdfast.Verbs.Keys;
using Holdfast.Verbs.Limits;
using Holdfast.Verbs.Notifications;
using Holdfast.Verbs.Policies;
using Holdfast.Verbs.Projects;
using Holdfast.Verbs.Quotas;
using Holdfast.Verbs.Repositories;
using Holdfast.Verbs.Sessions;
using Holdfast.Verbs.Shares;
using Holdfast.Verbs.Status;
using Holdfast.Verbs.Tasks;
using Holdfast.Verbs.Tokens;
using Holdfast.Verbs.Users;
using Holdfast.Verbs.Volumes;

namespace Holdfast;

/// <summary>The verbs by group.</summary>
internal static class CommandTree
{
    private static readonly (string Name, Func<Command> Make)[] Groups =
    [
        ("demo", DemoVerb.Make),
        ("serve", ServeVerb.Make),
        ("login", LoginVerb.MakeLogin),
        ("logout", LoginVerb.MakeLogout),
        ("status", StatusVerb.Make),
        ("volume", VolumeGroup.Make),
        ("policy", PolicyGroup.Make),
        ("task", TaskGroup.Make),
        ("job", JobGroup.Make),
        ("backup", BackupGroup.Make),
        ("drill", DrillGroup.Make),
        ("share", ShareGroup.Make),
        ("quota", QuotaGroup.Make),
        ("limit", LimitGroup.Make),
        ("notify", NotifyGroup.Make),
        ("repo", RepoGroup.Make),
        ("user", UserGroup.Make),
        ("project", ProjectGroup.Make),
        ("role", RoleGroup.Make),
        ("key", KeyGroup.Make),
        ("token", TokenGroup.Make),
        ("audit", AuditGroup.Make),
        ("completion", CompletionVerb.Make),
    ];

    public static Task<int> InvokeAsync(string[] args, CancellationToken interrupted) =>
        CommandRun.InvokeAsync("holdfast", Root, args, interrupted);

    /// <summary>Only the group that is asked for is made: the others cost start-up time and nothing else.</summary>
    internal static RootCommand Root(string[] args)
    {
        var root = new RootCommand(
            "Holdfast protects volumes: backups on a schedule, kept as long as you say, restorable byte for byte. Exit codes: 0 done, 1 "
                + "failed, 2 wrong usage, 130 interrupted."
        );
        var asked = Array.FindIndex(Groups, group => args.Length > 0 && group.Name == args[0]);
        foreach (var (_, make) in asked >= 0 ? Groups.AsSpan(asked, 1) : Groups)
        {
            root.Subcommands.Add(make());
        }

        return root;
    }
}
