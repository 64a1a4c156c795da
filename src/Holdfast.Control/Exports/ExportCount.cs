using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;

namespace Holdfast.Control.Exports;

/// <summary>Counts the exports that the catalog has begun. An export is counted before it is put, so one in the repository that was not
/// counted is not this catalog's: this is an older copy of the one that made it. Spec: docs/format/catalog-export.md, section 1.</summary>
internal sealed class ExportCount(CatalogDatabase database)
{
    private const string FindSql = "SELECT exports_begun FROM repository WHERE one = 1";

    private const string RaiseSql =
        "UPDATE repository SET exports_begun = coalesce(exports_begun, @newest) + 1 WHERE one = 1 RETURNING exports_begun";

    private volatile string? _foreign;

    /// <summary>The export by which this catalog was known to be an older copy, when that was looked at last; else null.</summary>
    public string? Foreign => _foreign;

    /// <summary>Looks whether the catalog is an older copy.</summary>
    /// <param name="newest">The newest export of the era that the repository has; null for none.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when it is.</exception>
    public async Task ThrowIfOlderAsync(CatalogExportName? newest, CancellationToken cancel)
    {
        var begun = await database.ReadFirstAsync<long?>(FindSql, null, cancel);
        Settle(newest, begun ?? newest?.Number ?? 0);
    }

    /// <summary>Counts an export that is about to be put.</summary>
    /// <returns>Its number, above that of any that is there.</returns>
    /// <exception cref="HoldfastException">As of <see cref="ThrowIfOlderAsync"/>.</exception>
    public async Task<long> BeginAsync(CatalogExportName? newest, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var number = await tx.FindAsync<long>(RaiseSql, new { newest = newest?.Number ?? 0 }, cancel);
        Settle(newest, number - 1);
        await tx.CommitAsync(cancel);
        return number;
    }

    private void Settle(CatalogExportName? newest, long begun)
    {
        _foreign = newest?.Number > begun ? newest.ToString() : null;
        if (_foreign is { } foreign)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The catalog '{database.Name}' is an older copy: the repository has export {foreign}, and this catalog has begun none "
                    + $"after number {begun}. What was set and backed up since is not in it, and backups that it lists may be gone. Stop "
                    + "the service and put the newest catalog back, or move this one away and make it anew with 'holdfast repo rebuild'. "
                    + "It is not exported meanwhile."
            );
        }
    }
}
