using System.CommandLine;
using Holdfast.Server.Hosting;
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
            async (parse, cancel) =>
            {
                var head = await ProgressLine.WhileAsync(
                    "Writing the catalog,",
                    () => RebuildStart.ExportAsync(options.Read(parse, postgres: null), TimeProvider.System, cancel)
                );
                var bytes = head.Parts.Sum(part => part.Bytes);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(new ExportedOut(head.Name.ToString(), head.Era, head.Number, bytes), RepositoryJson.Default.ExportedOut);
                    return;
                }

                Console.WriteLine($"The catalog is in the repository as export {head.Name} ({Text.Bytes(bytes)}).");
            }
        );
        return command;
    }
}
