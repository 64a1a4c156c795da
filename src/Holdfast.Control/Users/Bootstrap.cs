using System.Security.Cryptography;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Users;

/// <summary>
/// The first start of all, which makes what a service needs before anybody can call it: the project <c>default</c> and its admin. That it
/// was finished, and with which repository, is a row of the catalog, written in the same transaction. A later start makes nothing again,
/// whatever was renamed, revoked or removed since.
/// </summary>
public sealed class Bootstrap : IAsyncDisposable
{
    public const string ProjectName = "default";
    public const string AdminName = "admin";

    /// <summary>No letters that are read for one another.</summary>
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    private const string FindSql = "SELECT repository_id FROM service";
    private const string UsedSql = "SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM project)";
    private const string AccountsSql = "SELECT count(*) FROM account";
    private const string InsertSql = "INSERT INTO service (one, repository_id, initialised_at) VALUES (1, @repository, @now)";

    private const string OwnerSql = "SELECT owner FROM service_owner";
    private const string PutOwnerSql = "INSERT INTO service_owner (one, owner) VALUES (1, @owner) ON CONFLICT (one) DO NOTHING";
    private const string SetOwnerSql =
        "INSERT INTO service_owner (one, owner) VALUES (1, @owner) ON CONFLICT (one) DO UPDATE SET owner = excluded.owner";

    private readonly CatalogDatabase _database;
    private readonly CatalogTransaction? _tx;
    private readonly TimeProvider _clock;

    private Bootstrap(
        CatalogDatabase database,
        CatalogTransaction? tx,
        TimeProvider clock,
        string? repository,
        string? owner,
        bool isUsed
    ) => (_database, _tx, _clock, Repository, Owner, IsUsed) = (database, tx, clock, repository, owner, isUsed);

    /// <summary>The id of the repository that the catalog belongs to. Null before the first start was finished.</summary>
    public string? Repository { get; }

    /// <summary>What the catalog's service calls itself in its repository's config. Null where the catalog is of a version that did not
    /// write it down.</summary>
    public string? Owner { get; private set; }

    /// <summary>Whether there is something in the catalog, be it from a version that kept no record of its first start. Then no repository
    /// is made.</summary>
    public bool IsUsed { get; }

    /// <summary>Looks what the catalog says. Before the first start was finished this holds its turn, so that others that start on the same
    /// catalog wait until it is disposed, and then find what was made.</summary>
    public static async Task<Bootstrap> BeginAsync(CatalogDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (await database.ReadFirstAsync<string>(FindSql, null, cancel) is { } known)
        {
            return new Bootstrap(database, null, clock, known, await database.ReadFirstAsync<string>(OwnerSql, null, cancel), isUsed: true);
        }

        if (await database.ReadFirstAsync<long>(UsedSql, null, cancel) == 0)
        {
            await NameOwnerAsync(database, clock, cancel);
        }

        var tx = await database.BeginAsync(cancel);
        try
        {
            await tx.TakeTurnAsync(CatalogTurn.FirstStart, cancel);
            var owner = await tx.FindAsync<string>(OwnerSql, null, cancel);
            if (await tx.FindAsync<string>(FindSql, null, cancel) is { } made)
            {
                await tx.DisposeAsync();
                return new Bootstrap(database, null, clock, made, owner, isUsed: true);
            }

            return new Bootstrap(database, tx, clock, null, owner, await tx.FindAsync<long>(UsedSql, null, cancel) > 0);
        }
        catch
        {
            await tx.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes down who the repository says that its owner is: for a catalog that did not know, or takes the repository over under
    /// the owner's name.</summary>
    public async Task SetOwnerAsync(string owner, CancellationToken cancel)
    {
        Owner = owner;
        if (_tx is not null)
        {
            await _tx.ExecuteAsync(SetOwnerSql, new { owner }, cancel);
            return;
        }

        await using var tx = await _database.BeginAsync(cancel);
        await tx.ExecuteAsync(SetOwnerSql, new { owner }, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Writes down that the first start is finished, and makes the admin where there is no user at all. Does nothing where it was
    /// finished before.</summary>
    /// <param name="isEmbedded">Whether users belong to this service: those of a Keystone need no admin here.</param>
    /// <param name="password">The admin's; null or empty to have one made up.</param>
    /// <param name="keep">Is given the password that was made up, before it is anybody's: once this is committed no start makes another.
    /// Where it throws, nothing was finished.</param>
    /// <returns>The password that was made up, or null.</returns>
    public async Task<string?> FinishAsync(
        string repository,
        bool isEmbedded,
        string? password,
        Action<string> keep,
        CancellationToken cancel
    )
    {
        if (_tx is null)
        {
            return null;
        }

        var makesAdmin = isEmbedded && await _tx.FindAsync<long>(AccountsSql, null, cancel) == 0;
        var generated = makesAdmin && string.IsNullOrEmpty(password) ? RandomNumberGenerator.GetString(Alphabet, 20) : null;
        if (generated is not null)
        {
            keep(generated);
        }

        if (makesAdmin)
        {
            var hash = PasswordHash.Make(generated ?? password ?? "");
            await FirstAdmin.PutAsync(_tx, hash, _clock, cancel);
        }

        await _tx.ExecuteAsync(InsertSql, new { repository, now = _clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancel);
        await _tx.CommitAsync(cancel);
        return generated;
    }

    /// <summary>Before everything else and for good, whatever becomes of this start: a repository that it makes and does not live to write
    /// down is known again by this.</summary>
    private static async Task NameOwnerAsync(CatalogDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(PutOwnerSql, new { owner = $"service {Guid.CreateVersion7(clock.GetUtcNow()):N}" }, cancel);
        await tx.CommitAsync(cancel);
    }

    public ValueTask DisposeAsync() => _tx?.DisposeAsync() ?? ValueTask.CompletedTask;
}
