using Holdfast.Control.Catalog;
using Holdfast.Control.Exports;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Exports;

/// <summary>A column that nobody thought of would be lost with the catalog: each is exported, or left for a reason that is written
/// down.</summary>
public abstract class ExportTablesSpec : CatalogSpec
{
    /// <summary>Rows of table and column of the catalog, without what the migrations keep for themselves.</summary>
    protected abstract string ColumnsSql { get; }

    [Fact]
    public async Task Every_column_of_every_table_is_exported_or_left_for_a_reason()
    {
        var inCatalog = (await Bed.QueryAsync<string>(ColumnsSql)).Where(column => !IsOfMigrations(column)).Order(StringComparer.Ordinal);
        var decided = ExportTables
            .All.SelectMany(table => table.Columns.Select(column => $"{table.Name}.{column}"))
            .Concat(ExportTables.LeftColumns.Keys)
            .Order(StringComparer.Ordinal);

        Assert.Equal(inCatalog.Where(column => !ExportTables.Left.ContainsKey(column.Split('.')[0])), decided);
    }

    [Fact]
    public async Task Tables_that_are_left_exist()
    {
        var tables = (await Bed.QueryAsync<string>(ColumnsSql)).Select(column => column.Split('.')[0]).ToHashSet();

        Assert.Subset(tables, ExportTables.Left.Keys.ToHashSet());
    }

    [Fact]
    public void The_catalogs_version_is_the_number_of_its_newest_migration() => Assert.True(CatalogMigrator.Version >= 10);

    private static bool IsOfMigrations(string column) => column.StartsWith("schemaversions.", StringComparison.OrdinalIgnoreCase);
}

public sealed class ExportTablesOnSqlite(CatalogTemplates templates) : ExportTablesSpec
{
    protected override string ColumnsSql =>
        "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c "
        + "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";

    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ExportTablesOnPostgres(CatalogTemplates templates) : ExportTablesSpec
{
    protected override string ColumnsSql =>
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'";

    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
