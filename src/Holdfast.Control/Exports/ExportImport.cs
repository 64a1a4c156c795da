using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;

namespace Holdfast.Control.Exports;

/// <summary>Puts the rows of an export into an empty catalog, as they are. What this version does not know is passed over, what the export
/// does not have keeps its default.</summary>
internal static class ExportImport
{
    private static readonly Dictionary<string, ExportTable> Known = ExportTables.All.ToDictionary(table => table.Name);

    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/> when a newer version has made it.</exception>
    public static void ThrowIfNewer(CatalogExportHead head)
    {
        if (head.Catalog > CatalogMigrator.Version)
        {
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"The export {head.Name} is of a catalog of version {head.Catalog}; this version of Holdfast knows "
                    + $"{CatalogMigrator.Version}. Use a newer one."
            );
        }
    }

    /// <param name="rows">How many the export has.</param>
    public static async Task RunAsync(
        CatalogTransaction tx,
        CatalogExport export,
        long rows,
        IProgress<CatalogProgress>? progress,
        CancellationToken cancel
    )
    {
        var done = 0L;
        ExportRowTable? current = null;
        RowInserter? into = null;
        int[] places = [];
        try
        {
            foreach (var (table, values) in ExportReader.RowsOf(export))
            {
                if (table != current)
                {
                    await EndAsync(into, cancel);
                    (current, places) = (table, PlacesOf(table));
                    into = places.Length == 0 ? null : new RowInserter(tx, table.Name, [.. places.Select(place => table.Columns[place])]);
                }

                if (into is not null)
                {
                    await into.AddAsync([.. places.Select(place => values[place])], cancel);
                }

                if (++done % CatalogProgress.Step == 0)
                {
                    progress?.Report(new CatalogProgress("rows", done, rows));
                }
            }

            await EndAsync(into, cancel);
            into = null;
        }
        finally
        {
            await (into?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Where in a row the columns are that this version knows.</summary>
    private static int[] PlacesOf(ExportRowTable table) =>
        Known.TryGetValue(table.Name, out var known)
            ? [.. Enumerable.Range(0, table.Columns.Count).Where(place => known.Columns.Contains(table.Columns[place]))]
            : [];

    private static async Task EndAsync(RowInserter? into, CancellationToken cancel)
    {
        if (into is not null)
        {
            await into.EndAsync(cancel);
            await into.DisposeAsync();
        }
    }
}
