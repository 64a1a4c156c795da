using System.CommandLine;
using System.Text.Json;
using Holdfast.Engine.Upkeep;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoCheck
{
    private const int RangesShown = 5;

    public static Command Make(ServerOptions server)
    {
        var repository = new RepositoryOptionSet();
        var read = CommonOptions.ReadAll();
        var share = new Option<string?>("--share")
        {
            HelpName = "N/D",
            Description = "Read this share of all packs, like 1/30: another one each day, in D days every pack.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "check",
            "Look whether a repository holds all that its backups need. Exit code 1, and what is lost, when it does not. Without "
                + "--repository the service reads its next share (role admin)."
        );
        repository.AddTo(command);
        foreach (var option in new Option[] { read, share })
        {
            command.Options.Add(option);
        }

        output.AddTo(command);

        command.SetAction(
            async (parse, cancel) =>
            {
                var how = ReadShare(parse.GetValue(read), parse.GetValue(share));
                if (repository.Find(parse) is { } at)
                {
                    await OfflineCheck.RunAsync(at, new CheckOptions { Read = how }, output.IsJson(parse), cancel);
                    return;
                }

                if (how is not null)
                {
                    throw new UsageException("--read and --share go with --repository; a service reads the thirtieth whose turn it is.");
                }

                await UpkeepRun.RunAsync(server, parse, "check", told => Tell(told, output.IsJson(parse)), cancel);
            }
        );
        return command;
    }

    private static void Tell(JsonElement told, bool json)
    {
        if (json)
        {
            JsonOut.Write(told);
        }
        else if (CheckFigures.FromJson(told.GetRawText()) is { } figures)
        {
            Print(figures);
        }
    }

    private static void Print(CheckFigures figures)
    {
        foreach (var one in figures.Damage)
        {
            Console.Out.WriteLine($"Damaged: {one.Key}: {Failures.OneLine(one.What)}");
            foreach (var range in one.Ranges.Take(RangesShown))
            {
                Console.Out.WriteLine(
                    $"  backup {range.Backup} of {range.Volume}: bytes {range.Offset} to {range.Offset + range.Length - 1} lost"
                );
            }
        }

        Console.Out.WriteLine(
            $"{(figures.Sound ? "Sound" : "Looked at")}: {figures.Backups} backups, {figures.Packs} packs, {figures.PacksRead} of them "
                + $"read whole (share {figures.Share}, turn {figures.Turn}), {Text.Bytes(figures.BytesVerified)} of content verified."
        );
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
