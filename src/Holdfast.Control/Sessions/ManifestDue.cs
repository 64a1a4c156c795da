using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Sessions;

/// <summary>The very bytes of a manifest that is committed and not known to be in the store (docs/decisions/0027).</summary>
internal static class ManifestDue
{
    /// <summary>Whether a row of <c>backup</c> has one.</summary>
    public const string OfBackup = "EXISTS (SELECT 1 FROM manifest_due d WHERE d.backup_id = backup.id)";

    private const string AddSql = "INSERT INTO manifest_due (backup_id, sealed) VALUES (@backup, @manifest)";
    private const string FindSql = "SELECT sealed FROM manifest_due WHERE backup_id = @backup";
    private const string RemoveSql = "DELETE FROM manifest_due WHERE backup_id = @backup";

    public static Task AddAsync(CatalogTransaction tx, BackupId backup, ReadOnlyMemory<byte> manifest, CancellationToken cancel) =>
        tx.ExecuteAsync(AddSql, new { backup = backup.ToString(), manifest = Convert.ToBase64String(manifest.Span) }, cancel);

    public static async Task<byte[]?> FindAsync(CatalogDatabase database, BackupId backup, CancellationToken cancel) =>
        await database.ReadFirstAsync<string>(FindSql, new { backup = backup.ToString() }, cancel) is { } text
            ? Convert.FromBase64String(text)
            : null;

    /// <summary>The manifest is in the store.</summary>
    public static Task RemoveAsync(CatalogTransaction tx, BackupId backup, CancellationToken cancel) =>
        tx.ExecuteAsync(RemoveSql, new { backup = backup.ToString() }, cancel);
}
