using Holdfast.Control.Catalog;

namespace Holdfast.Control.Users;

/// <summary>Who may call, and what each may do where.</summary>
public sealed class AccountStore(CatalogDatabase database, TimeProvider clock) : IDisposable
{
    private const string Columns = "id AS Id, name AS Name, enabled AS Enabled, password_hash AS PasswordHash";
    private const string FindSql = $"SELECT {Columns} FROM account WHERE id = @key";
    private const string FindByNameSql = $"SELECT {Columns} FROM account WHERE name = @key";
    private const string InsertSql = "INSERT INTO account (id, name, password_hash, enabled, created_at) VALUES (@id, @name, @hash, 1, @now) ON CONFLICT (name) DO NOTHING";
    private const string GrantSql = "INSERT INTO account_role (account_id, project_id, role) VALUES (@account, @project, @role) ON CONFLICT DO NOTHING";
    private const string RolesSql = "SELECT role FROM account_role WHERE account_id = @account AND project_id = @project ORDER BY role";
    private const string ProjectsSql = "SELECT DISTINCT p.name FROM account_role r JOIN project p ON p.id = r.project_id WHERE r.account_id = @account AND p.enabled = 1 ORDER BY p.name";

    /// <summary>What an unknown name is checked against, so that it costs what a known one does.</summary>
    private static readonly Lazy<string> NobodysHash = new(() => PasswordHash.Make("nobody has this password"));

    /// <summary>Each try takes 19 MiB and a core; more of them than cores would only take memory. Whoever floods the door waits in it.</summary>
    private readonly SemaphoreSlim _tries = new(Environment.ProcessorCount);

    public async Task<Account?> FindAsync(AccountId id, CancellationToken cancel) => (await FindRowAsync(FindSql, id.Value, cancel))?.ToAccount();

    public async Task<Account?> FindByNameAsync(string name, CancellationToken cancel) => (await FindRowAsync(FindByNameSql, name, cancel))?.ToAccount();

    /// <summary>The account, by its id or else its name, if the password is its own and it is enabled.</summary>
    public async Task<Account?> VerifyPasswordAsync(string? name, AccountId? id, string password, CancellationToken cancel)
    {
        var row = id is { } known ? await FindRowAsync(FindSql, known.Value, cancel) : await FindRowAsync(FindByNameSql, name ?? "", cancel);
        var right = await HashingAsync(() => PasswordHash.Verify(password, row?.PasswordHash ?? NobodysHash.Value), cancel);
        return right && row is { Enabled: not 0 } ? row.ToAccount() : null;
    }

    /// <summary>Makes an account. Null when there is one of that name.</summary>
    public async Task<Account?> CreateAsync(string name, string password, CancellationToken cancel)
    {
        var account = new Account(AccountId.New(clock), name, Enabled: true);
        var hash = await HashingAsync(() => PasswordHash.Make(password), cancel);
        await using var tx = await database.BeginAsync(cancel);
        var made = await tx.ExecuteAsync(InsertSql, new { id = account.Id.Value, name, hash, now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancel);
        await tx.CommitAsync(cancel);
        return made == 0 ? null : account;
    }

    public async Task GrantAsync(AccountId account, ProjectId project, Role role, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(GrantSql, new { account = account.Value, project = project.Value, role = (int)role }, cancel);
        await tx.CommitAsync(cancel);
    }

    public async Task<IReadOnlyList<Role>> RolesAsync(AccountId account, ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<int>(RolesSql, new { account = account.Value, project = project.Value }, cancel)).Select(role => (Role)role)];

    /// <summary>The names of the enabled projects in which it has a role.</summary>
    public Task<IReadOnlyList<string>> ProjectNamesAsync(AccountId account, CancellationToken cancel) =>
        database.ReadAllAsync<string>(ProjectsSql, new { account = account.Value }, cancel);

    public void Dispose() => _tries.Dispose();

    private async Task<T> HashingAsync<T>(Func<T> hash, CancellationToken cancel)
    {
        await _tries.WaitAsync(cancel);
        try
        {
            return await Task.Run(hash, cancel);
        }
        finally
        {
            _tries.Release();
        }
    }

    private async Task<Row?> FindRowAsync(string sql, string key, CancellationToken cancel) =>
        CatalogText.CanHold(key) ? await database.ReadFirstAsync<Row>(sql, new { key }, cancel) : null;

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public int Enabled { get; set; }

        public string PasswordHash { get; set; } = "";

        public Account ToAccount() => new(new AccountId(Id), Name, Enabled != 0);
    }
}
