using System.CommandLine;
using Holdfast.Running;
using Holdfast.Server.Hosting;
using Holdfast.Server.Settings;
using Holdfast.Serving;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary><c>repo export</c>: writes a service's catalog to its repository now.</summary>
internal static class RepoExport
{
    public static Command Make()
    {
        var options = new CatalogOptionSet();
        var output = OutputOptions.OfObject();
        var command = new Command(
            "export",
            "On the service's own machine: write the catalog to the repository now; the service does so each day and when it ends."
        )
        {
            output,
        };
        options.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                ServiceCode.IsInside
                    ? RunAsync(options.Read(parse, postgres: null), output.IsJson(parse), cancel)
                    : ServiceCode.RunCompanionAsync()
        );
        return command;
    }

    private static async Task<int> RunAsync(ServerSettings settings, bool json, CancellationToken cancel)
    {
        var head = await CatalogProgressLine.WhileAsync(
            "Writing the catalog",
            progress => RebuildStart.ExportAsync(settings, progress, TimeProvider.System, cancel)
        );
        var bytes = head.Parts.Sum(part => part.Bytes);
        if (json)
        {
            JsonOut.Write(new ExportedOut(head.Name.ToString(), head.Era, head.Number, bytes), RepositoryJson.Default.ExportedOut);
        }
        else
        {
            Console.WriteLine($"The catalog is in the repository as export {head.Name} ({Text.Bytes(bytes)}).");
        }

        return ExitCode.Done;
    }
}
