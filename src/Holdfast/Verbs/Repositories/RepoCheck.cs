using System.CommandLine;
using Holdfast.Engine.Upkeep;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoCheck
{
    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var read = new Option<bool>("--read") { Description = "Read every pack whole, open every frame and verify every chunk." };
        var share = new Option<string?>("--share")
        {
            HelpName = "N/D",
            Description = "Read this share of all packs, like 1/30: another one each day, in D days every pack.",
        };
        var json = CommonOptions.Json();
        var command = new Command(
            "check",
            "Look whether a repository holds all that its backups need. Exit code 1, and what is lost, when it does not"
        );
        repository.AddTo(command);
        foreach (var option in new Option[] { read, share, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(
            (parse, cancel) =>
                OfflineCheck.RunAsync(
                    repository.Require(parse),
                    new CheckOptions { Read = ReadShare(parse.GetValue(read), parse.GetValue(share)) },
                    parse.GetValue(json),
                    cancel
                )
        );
        return command;
    }

    /// <exception cref="UsageException">Both were given, or what is no share.</exception>
    private static CheckShare? ReadShare(bool read, string? share) =>
        (read, share) switch
        {
            (true, not null) => throw new UsageException("--read reads all packs, --share some: give one of them."),
            (true, null) => CheckShare.Whole,
            (false, null) => null,
            _ when CheckShare.TryParse(share, out var parts, out var of) => CheckShare.OfDay(parts, of, TimeProvider.System.GetUtcNow()),
            _ => throw new UsageException($"--share is '{share}'; it is a part of the whole, from 1/10000 to 1/1, like 1/30."),
        };
}
