using System.CommandLine;
using Holdfast.Engine.Upkeep;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast;

/// <summary>
/// The executable <c>holdfast-rescue</c>: list, check and restore, from a repository and what opens it. It is compiled ahead of time from
/// this entry point (<c>-p:HoldfastRescue=true</c>), and the compiler leaves out what cannot be reached from here, the service above all.
/// So nothing here may name <see cref="CommandTree"/>.
/// </summary>
internal static class RescueProgram
{
    internal const string Name = "holdfast-rescue";

    public static int Main(string[] args)
    {
        StandardStreams.Guard();
        if (args is ["--version"])
        {
            return Program.PrintVersion();
        }

        using var interrupt = new Interrupt();
        return InvokeAsync(args, interrupt.Token).GetAwaiter().GetResult();
    }

    internal static Task<int> InvokeAsync(string[] args, CancellationToken interrupted) =>
        CommandRun.InvokeAsync(Name, _ => Root(), args, interrupted);

    internal static RootCommand Root() =>
        new(
            "Gets backups back from a Holdfast repository with nothing but the repository and its key: no service, no catalog, no runtime. "
                + "It writes nothing into the repository. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."
        )
        {
            MakeList(),
            MakeCheck(),
            MakeRestore(),
        };

    private static Command MakeList()
    {
        var volume = new Option<string?>("--volume") { HelpName = "SOURCE", Description = "Only backups of this volume, by its source." };
        var output = OutputOptions.OfList();
        var repository = new RepositoryOptionSet();
        var command = new Command("list", "List the backups, newest first.") { volume, output };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                OfflineBackups.ListAsync(
                    repository.Require(parse),
                    parse.GetValue(volume) is { } source ? new VolumeName(source) : null,
                    output.ReadList(parse),
                    cancel
                )
        );
        return command;
    }

    private static Command MakeCheck()
    {
        var read = CommonOptions.ReadAll();
        var output = OutputOptions.OfObject();
        var repository = new RepositoryOptionSet();
        var command = new Command(
            "check",
            "Look whether the repository holds all that its backups need. Exit code 1, and what is lost, when it does not."
        )
        {
            read,
            output,
        };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                OfflineCheck.RunAsync(
                    repository.Require(parse),
                    new CheckOptions { Read = parse.GetValue(read) ? CheckShare.Whole : null },
                    output.IsJson(parse),
                    cancel
                )
        );
        return command;
    }

    private static Command MakeRestore()
    {
        var which = new Argument<string>("BACKUP") { Description = "Id of a backup, or 'latest'." };
        var to = CommonOptions.RestoreTo();
        to.Required = true;
        var overwrite = new Option<bool>("--overwrite")
        {
            Description = "The target may lose what it holds. Needed for a device and for a file that holds something.",
        };
        var damaged = new Option<bool>("--allow-damaged")
        {
            Description = "Restore what is left of a damaged backup, and tell what is missing (exit code 1).",
        };
        var output = OutputOptions.OfObject();
        var repository = new RepositoryOptionSet();
        var command = new Command("restore", "Write a backup into a file or device.") { which, to, overwrite, damaged, output };
        repository.AddTo(command);
        command.Options.Add(repository.Volume);
        command.SetAction(
            (parse, cancel) =>
                OfflineRestore.RunAsync(
                    repository.Require(parse),
                    parse.GetRequiredValue(which),
                    repository.ReadVolume(parse),
                    GivenPath.Address(parse.GetRequiredValue(to)),
                    parse.GetValue(overwrite),
                    parse.GetValue(damaged),
                    output.IsJson(parse),
                    cancel
                )
        );
        return command;
    }
}
