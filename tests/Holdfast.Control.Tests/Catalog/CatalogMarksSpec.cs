using Holdfast.Control.Catalog;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Catalog;

/// <summary>A mark changes with whatever is committed.</summary>
public abstract class CatalogMarksSpec : CatalogSpec
{
    [Fact]
    public async Task It_changes_with_what_this_process_writes()
    {
        await using var marks = new CatalogMarks(Bed.Database);
        var before = await marks.ReadAsync(Cancel);
        await Bed.AddProjectAsync();

        Assert.NotEqual(before, await marks.ReadAsync(Cancel));
    }

    [Fact]
    public async Task It_changes_with_what_another_process_writes()
    {
        await using var marks = new CatalogMarks(Bed.Database);
        await using var other = Bed.OpenAnother();
        var before = await marks.ReadAsync(Cancel);
        await using (var tx = await other.BeginAsync(Cancel))
        {
            await tx.ExecuteAsync("INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)", null, Cancel);
            await tx.CommitAsync(Cancel);
        }

        Assert.NotEqual(before, await marks.ReadAsync(Cancel));
    }

    /// <summary>A commit that begins before a mark and ends after it is not in what was seen at the mark.</summary>
    [Fact]
    public async Task It_changes_with_what_was_begun_before_and_is_committed_after()
    {
        await using var marks = new CatalogMarks(Bed.Database);
        await using var tx = await Bed.Database.BeginAsync(Cancel);
        await tx.ExecuteAsync("INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)", null, Cancel);
        var before = await marks.ReadAsync(Cancel);
        await tx.CommitAsync(Cancel);

        Assert.NotEqual(before, await marks.ReadAsync(Cancel));
    }
}

public sealed class CatalogMarksOnSqlite(CatalogTemplates templates) : CatalogMarksSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));

    /// <summary>Not promised on PostgreSQL, where another database of the server may be written to.</summary>
    [Fact]
    public async Task It_stays_with_what_is_read_and_is_another_after_the_connection_was_lost()
    {
        await using var marks = new CatalogMarks(Bed.Database);
        var before = await marks.ReadAsync(Cancel);
        await Bed.QueryAsync<long>("SELECT count(*) FROM project");
        Assert.Equal(before, await marks.ReadAsync(Cancel));

        await marks.DisposeAsync();
        Assert.NotEqual(before, await marks.ReadAsync(Cancel));
    }
}

public sealed class CatalogMarksOnPostgres(CatalogTemplates templates) : CatalogMarksSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
