namespace Holdfast.Control.Catalog;

/// <summary>The few places where SQLite's and PostgreSQL's SQL differ. Everything else is written once.</summary>
public sealed class SqlDialect
{
    public static readonly SqlDialect Sqlite = new("SQLite", skipLocked: "", rowLock: "", shareLock: "");
    public static readonly SqlDialect Postgres = new(
        "PostgreSQL",
        skipLocked: "FOR UPDATE SKIP LOCKED",
        rowLock: "FOR UPDATE",
        shareLock: "FOR SHARE"
    );

    private SqlDialect(string name, string skipLocked, string rowLock, string shareLock) =>
        (Name, SkipLocked, RowLock, ShareLock) = (name, skipLocked, rowLock, shareLock);

    public string Name { get; }

    /// <summary>Ends an inner SELECT that claims rows others are not claiming. Empty on SQLite, where a writer is alone anyway.</summary>
    public string SkipLocked { get; }

    /// <summary>Ends a SELECT that reads rows in order to change them in the same transaction. Empty on SQLite, for the same
    /// reason.</summary>
    public string RowLock { get; }

    /// <summary>Ends a SELECT of rows that must stay as they are until the transaction ends. Empty on SQLite, for the same
    /// reason.</summary>
    public string ShareLock { get; }

    /// <summary>The database's own time, in milliseconds since 1970; within a PostgreSQL transaction it goes on.</summary>
    public string Now =>
        this == Postgres
            ? "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            : "CAST(unixepoch('now', 'subsec') * 1000 AS integer)";

    /// <summary>Behind a text, in comparisons and orders: by the numbers of its characters, as SQLite does anyway, whatever language the
    /// database speaks.</summary>
    public string Ordinal => this == Postgres ? " COLLATE \"C\"" : "";

    /// <summary>Whether a column's text contains a parameter's, letter for letter.</summary>
    public string Contains(string column, string parameter) =>
        this == Postgres ? $"strpos({column}, {parameter}) > 0" : $"instr({column}, {parameter}) > 0";

    /// <summary>"is one of", for ids in one text parameter (<see cref="Ids"/>), however many: SQLite takes 32766 parameters, and with an
    /// array each id would be one.</summary>
    public string IsIn(string parameter) =>
        this == Postgres
            ? $"= ANY(string_to_array({parameter}, ','))"
            : $"""IN (SELECT value FROM json_each('["' || replace({parameter}, ',', '","') || '"]'))""";

    /// <summary>Ids as <see cref="IsIn"/> takes them. None has a comma or quotation mark.</summary>
    public static string Ids<T>(IEnumerable<T> ids) => string.Join(',', ids);

    /// <summary>"is one of", for a short array parameter: <c>WHERE id {AnyOf("@ids")}</c>. Dapper spells the list out for SQLite;
    /// PostgreSQL takes the array.</summary>
    public string AnyOf(string parameter) => this == Postgres ? $"= ANY({parameter})" : $"IN {parameter}";
}
