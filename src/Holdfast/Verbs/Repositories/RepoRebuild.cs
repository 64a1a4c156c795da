using System.CommandLine;
using Holdfast.Control.Exports;
using Holdfast.Running;
using Holdfast.Server.Hosting;
using Holdfast.Server.Settings;
using Holdfast.Serving;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary><c>repo rebuild</c>: a working catalog from a repository and its key.</summary>
internal static class RepoRebuild
{
    public static Command Make()
    {
        var options = new CatalogOptionSet();
        var postgres = new Option<string?>("--postgres")
        {
            HelpName = "CONNECTION",
            Description = "Make it in this empty PostgreSQL database. Others may see this: better use Catalog:Postgres in --config.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "rebuild",
            "Make a lost catalog anew in an empty data folder: from its newest export in the repository, and from what was backed up since."
        )
        {
            postgres,
            output,
        };
        options.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                ServiceCode.IsInside
                    ? RunAsync(options.Read(parse, parse.GetValue(postgres)), output.IsJson(parse), cancel)
                    : ServiceCode.RunCompanionAsync()
        );
        return command;
    }

    private static async Task<int> RunAsync(ServerSettings settings, bool json, CancellationToken cancel)
    {
        var report = await CatalogProgressLine.WhileAsync(
            "Making the catalog",
            progress => RebuildStart.RebuildAsync(settings, progress, TimeProvider.System, cancel)
        );
        if (json)
        {
            JsonOut.Write(RebuiltOut.Of(report), RepositoryJson.Default.RebuiltOut);
        }
        else
        {
            Print(report, settings.Data);
        }

        return ExitCode.Done;
    }

    private static void Print(RebuildReport report, string data)
    {
        foreach (var damage in report.Damaged)
        {
            Console.Error.WriteLine($"holdfast: {Failures.OneLine(damage)}");
        }

        foreach (var lost in report.Lost)
        {
            var name = Failures.OneLine(lost.Name ?? "no name");
            Console.Error.WriteLine($"holdfast: backup {lost.Id} ({name}) is not in the repository any more.");
        }

        Tables.PrintFacts(
            ("Backups", $"{report.Backups}, {report.Added} of them newer than the export"),
            ("Policies", report.Policies.ToString()),
            ("Volumes", report.Volumes.ToString()),
            ("Tasks", report.Tasks.ToString()),
            ("Left out", report.Lost.Count.ToString()),
            ("Made from", report.Export is { } export ? $"export {export.Name} of {Text.Time(export.TakenAt)} UTC" : "manifests alone"),
            ("Era", report.Era.ToString())
        );
        Console.WriteLine($"The catalog is made. Start the service: holdfast serve --data {data}");
        if (report.Export is null)
        {
            Console.WriteLine("There was no export, so users, policies and history are lost; the first start makes the user admin anew.");
        }
    }
}
