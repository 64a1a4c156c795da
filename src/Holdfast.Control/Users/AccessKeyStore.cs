using System.Security.Cryptography;
using Holdfast.Control.Catalog;
using Holdfast.Engine;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Users;

/// <summary>A pair with which requests are signed. Its secret is told once, when it is made.</summary>
public sealed record AccessKey(string Id, AccountId Account, string? Description, DateTimeOffset CreatedAt);

/// <summary>
/// Access keys of accounts. To check a signature the secret is needed in the clear, so it is kept sealed (AES-256-GCM) with a key of the
/// repository: a copy of the catalog alone signs nothing.
/// </summary>
public sealed class AccessKeyStore(CatalogDatabase database, Repository repository, TimeProvider clock)
{
    /// <summary>Keys that an account may have: one in use, one to change to, and some room.</summary>
    public const int MostOfAccount = 10;

    private const int IdLength = 20;
    private const int SecretLength = 40;
    private const string IdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const string SecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Columns =
        "k.id AS Id, k.account_id AS AccountId, k.secret AS Secret, k.description AS Description, k.created_at AS CreatedAt";
    private const string InsertSql =
        "INSERT INTO access_key (id, account_id, secret, description, created_at) VALUES (@id, @account, @secret, @description, @now)";
    private const string CountSql = "SELECT count(*) FROM access_key WHERE account_id = @account";
    private const string ListSql = $"SELECT {Columns} FROM access_key k WHERE k.account_id = @account ORDER BY k.created_at, k.id";
    private const string FindSql = $"SELECT {Columns} FROM access_key k WHERE k.id = @id";
    private const string FindEnabledSql =
        $"SELECT {Columns}, a.name AS AccountName FROM access_key k JOIN account a ON a.id = k.account_id WHERE k.id = @id AND a.enabled "
            + $"= 1";
    private const string RemoveSql = "DELETE FROM access_key WHERE id = @id";
    private const string HoldAccountSql = "SELECT id FROM account WHERE id = @account";

    private readonly SealedText _seal = new(repository.DeriveServiceKey("access keys"));

    /// <summary>Makes a key. Null when the account has as many as it may.</summary>
    public async Task<(AccessKey Key, string Secret)?> CreateAsync(AccountId account, string? description, CancellationToken cancel)
    {
        var key = new AccessKey(RandomNumberGenerator.GetString(IdAlphabet, IdLength), account, description, clock.GetUtcNow());
        var secret = RandomNumberGenerator.GetString(SecretAlphabet, SecretLength);
        await using var tx = await database.BeginAsync(cancel);
        await tx.QueryAsync<string>($"{HoldAccountSql} {tx.Dialect.RowLock}", new { account = account.Value }, cancel);
        if (await tx.FindAsync<long>(CountSql, new { account = account.Value }, cancel) >= MostOfAccount)
        {
            return null;
        }

        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = key.Id,
                account = account.Value,
                secret = _seal.Close(key.Id, secret),
                description,
                now = key.CreatedAt.ToUnixTimeMilliseconds(),
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return (key, secret);
    }

    public async Task<IReadOnlyList<AccessKey>> ListAsync(AccountId account, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, new { account = account.Value }, cancel)).Select(row => row.ToKey())];

    public async Task<AccessKey?> FindAsync(string id, CancellationToken cancel) =>
        CatalogText.CanHold(id) ? (await database.ReadFirstAsync<Row>(FindSql, new { id }, cancel))?.ToKey() : null;

    /// <summary>The account and the secret of a key, if the account is enabled.</summary>
    public async Task<(Account Account, string Secret)?> FindSecretAsync(string id, CancellationToken cancel) =>
        CatalogText.CanHold(id) && await database.ReadFirstAsync<Row>(FindEnabledSql, new { id }, cancel) is { } row
            ? (new Account(new AccountId(row.AccountId), row.AccountName, Enabled: true), Open(id, row.Secret))
            : null;

    /// <summary>Ends a key; the next request that is signed with it is refused. False when there is none.</summary>
    public async Task<bool> RemoveAsync(string id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var removed = await tx.ExecuteAsync(RemoveSql, new { id }, cancel);
        await tx.CommitAsync(cancel);
        return removed > 0;
    }

    private string Open(string id, string text) =>
        _seal.Open(id, text)
        ?? throw new HoldfastException(
            FailureKind.WrongKey,
            $"The secret of access key {id} does not open with this repository's key: the catalog belongs to another repository. "
                + $"Revoke the key and make a new one."
        );

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string AccountId { get; set; } = "";

        public string AccountName { get; set; } = "";

        public string Secret { get; set; } = "";

        public string? Description { get; set; }

        public long CreatedAt { get; set; }

        public AccessKey ToKey() => new(Id, new AccountId(AccountId), Description, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt));
    }
}
