using Holdfast.Control.Catalog;

namespace Holdfast.Control.Users;

/// <summary>Who may call, and what each may do where.</summary>
public sealed class AccountStore(CatalogDatabase database, TimeProvider clock) : IDisposable
{
    private const string Columns =
        "id AS Id, name AS Name, enabled AS Enabled, password_hash AS PasswordHash, email AS Email, description AS Description, "
            + "default_project AS DefaultProject, attributes AS Attributes";
    private const string FindSql = $"SELECT {Columns} FROM account WHERE id = @key";
    private const string FindByNameSql = $"SELECT {Columns} FROM account WHERE name = @key";
    private const string InsertSql =
        "INSERT INTO account (id, name, password_hash, enabled, email, description, default_project, attributes, created_at) "
            + "VALUES (@id, @name, @hash, @enabled, @email, @description, @project, @attributes, @now) ON CONFLICT (name) DO NOTHING";
    private const string GrantSql =
        "INSERT INTO account_role (account_id, project_id, role) VALUES (@account, @project, @role) ON CONFLICT DO NOTHING";
    private const string RolesSql = "SELECT role FROM account_role WHERE account_id = @account AND project_id = @project ORDER BY role";
    private const string ListSql = $"SELECT {Columns} FROM account ORDER BY name";
    private const string RolesAnywhereSql =
        "SELECT DISTINCT r.role FROM account_role r JOIN project p ON p.id = r.project_id WHERE r.account_id = @account AND p.enabled = "
            + "1 ORDER BY r.role";
    private const string AssignmentsSql = """
        SELECT a.id AS AccountId, a.name AS AccountName, p.id AS ProjectId, p.name AS ProjectName, r.role AS Role
        FROM account_role r JOIN account a ON a.id = r.account_id JOIN project p ON p.id = r.project_id ORDER BY a.name, p.name, r.role
        """;

    private const string ProjectsSql =
        "SELECT DISTINCT p.name FROM account_role r JOIN project p ON p.id = r.project_id WHERE r.account_id = @account AND p.enabled = "
            + "1 ORDER BY p.name";

    /// <summary>What an unknown name is checked against, so that it costs what a known one does.</summary>
    private static readonly Lazy<string> NobodysHash = new(() => PasswordHash.Make("nobody has this password"));

    private readonly LoginTurns _queue = new(Environment.ProcessorCount);

    public async Task<Account?> FindAsync(AccountId id, CancellationToken cancel) =>
        (await FindRowAsync(FindSql, id.Value, cancel))?.ToAccount();

    public async Task<Account?> FindByNameAsync(string name, CancellationToken cancel) =>
        (await FindRowAsync(FindByNameSql, name, cancel))?.ToAccount();

    /// <summary>The account, by its id or else its name, if the password is its own and it is enabled.</summary>
    /// <param name="from">Who waits with whom: an address from which there are tries.</param>
    /// <exception cref="TooManyTriesException">Too many wait already.</exception>
    public async Task<VerifiedPassword?> VerifyPasswordAsync(
        string? name,
        AccountId? id,
        string password,
        string from,
        CancellationToken cancel
    )
    {
        var row = id is { } known
            ? await FindRowAsync(FindSql, known.Value, cancel)
            : await FindRowAsync(FindByNameSql, name ?? "", cancel);
        var right = await _queue.RunAsync(from, () => PasswordHash.Verify(password, row?.PasswordHash ?? NobodysHash.Value), cancel);
        return right && row is { Enabled: not 0 } ? new VerifiedPassword(row.ToAccount(), row.PasswordHash) : null;
    }

    /// <summary>Makes an account. Null when there is one of that name.</summary>
    public Task<Account?> CreateAsync(string name, string password, CancellationToken cancel) =>
        CreateAsync(new Account(AccountId.New(clock), name, Enabled: true), password, cancel);

    /// <summary>Makes an account as it is given. Null when there is one of that name.</summary>
    public async Task<Account?> CreateAsync(Account account, string password, CancellationToken cancel)
    {
        var hash = await HashAsync(password, cancel);
        await using var tx = await database.BeginAsync(cancel);
        var row = new
        {
            id = account.Id.Value,
            name = account.Name,
            hash,
            enabled = account.Enabled ? 1 : 0,
            email = account.Email,
            description = account.Description,
            project = account.DefaultProject?.Value,
            attributes = account.Attributes,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var made = await tx.ExecuteAsync(InsertSql, row, cancel);
        await tx.CommitAsync(cancel);
        return made == 0 ? null : account;
    }

    public async Task GrantAsync(AccountId account, ProjectId project, Role role, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(
            GrantSql,
            new
            {
                account = account.Value,
                project = project.Value,
                role = (int)role,
            },
            cancel
        );
        await tx.CommitAsync(cancel);
    }

    /// <summary>All accounts by name.</summary>
    public async Task<IReadOnlyList<Account>> ListAsync(CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, null, cancel)).Select(row => row.ToAccount())];

    /// <summary>The roles that it has in any enabled project, each once.</summary>
    public async Task<IReadOnlyList<Role>> RolesAnywhereAsync(AccountId account, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<int>(RolesAnywhereSql, new { account = account.Value }, cancel)).Select(role => (Role)role)];

    /// <summary>Who has what where; null members do not restrict.</summary>
    public async Task<IReadOnlyList<RoleAssignment>> AssignmentsAsync(AccountId? account, ProjectId? project, CancellationToken cancel) =>
        [
            .. (await database.ReadAllAsync<AssignmentRow>(AssignmentsSql, null, cancel))
                .Select(row => row.ToAssignment())
                .Where(assignment =>
                    (account is null || assignment.Account == account) && (project is null || assignment.Project == project)
                ),
        ];

    internal Task<string> HashAsync(string password, CancellationToken cancel) =>
        _queue.RunForAdminAsync(() => PasswordHash.Make(password), cancel);

    public async Task<IReadOnlyList<Role>> RolesAsync(AccountId account, ProjectId project, CancellationToken cancel) =>
        [
            .. (await database.ReadAllAsync<int>(RolesSql, new { account = account.Value, project = project.Value }, cancel)).Select(role =>
                (Role)role
            ),
        ];

    /// <summary>The names of the enabled projects in which it has a role.</summary>
    public Task<IReadOnlyList<string>> ProjectNamesAsync(AccountId account, CancellationToken cancel) =>
        database.ReadAllAsync<string>(ProjectsSql, new { account = account.Value }, cancel);

    public void Dispose() => _queue.Dispose();

    private async Task<Row?> FindRowAsync(string sql, string key, CancellationToken cancel) =>
        CatalogText.CanHold(key) ? await database.ReadFirstAsync<Row>(sql, new { key }, cancel) : null;

    private sealed class AssignmentRow
    {
        public string AccountId { get; set; } = "";

        public string AccountName { get; set; } = "";

        public string ProjectId { get; set; } = "";

        public string ProjectName { get; set; } = "";

        public Role Role { get; set; }

        public RoleAssignment ToAssignment() => new(new AccountId(AccountId), AccountName, new ProjectId(ProjectId), ProjectName, Role);
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public int Enabled { get; set; }

        public string PasswordHash { get; set; } = "";

        public string? Email { get; set; }

        public string? Description { get; set; }

        public string? DefaultProject { get; set; }

        public string Attributes { get; set; } = "{}";

        public Account ToAccount() =>
            new(new AccountId(Id), Name, Enabled != 0, Email, Description)
            {
                DefaultProject = DefaultProject is null ? null : new ProjectId(DefaultProject),
                Attributes = Attributes,
            };
    }
}
