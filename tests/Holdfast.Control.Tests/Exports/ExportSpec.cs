using System.Text;
using Holdfast.Control.Audit;
using Holdfast.Control.Exports;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Exports;

/// <summary>When the catalog is exported, and how rows are written.</summary>
public abstract class ExportSpec : RebuildBed
{
    [Fact]
    public async Task An_export_is_due_when_somebody_set_something_and_not_when_something_happened()
    {
        var policy = await AddPolicyAsync();
        Assert.True(await Exporter.IsDueAsync(Cancel));
        await ExportAsync();
        Assert.False(await Exporter.IsDueAsync(Cancel));
        await BackUpAsync(policy);
        Assert.False(await Exporter.IsDueAsync(Cancel));
        await Exporter.RunAtEndAsync();
        await Exporter.RunAtEndAsync();
        Assert.Equal(2, (await World.Repository.Exports.ListAsync(Cancel)).Count);

        foreach (
            var change in new[]
            {
                "UPDATE policy SET start_time = '03:00'",
                "UPDATE volume SET name = 'other'",
                "INSERT INTO account (id, name, password_hash, enabled, created_at) VALUES ('a', 'a', 'h', 1, 0)",
            }
        )
        {
            await Bed.ExecuteAsync(change);
            Assert.True(await Exporter.IsDueAsync(Cancel), change);
            await ExportAsync();
            Assert.False(await Exporter.IsDueAsync(Cancel), change);
        }
    }

    [Fact]
    public async Task An_older_copy_of_the_catalog_is_known_by_exports_that_it_did_not_make_and_makes_none()
    {
        await AddPolicyAsync();
        var exporter = Exporter;
        await exporter.RunAsync(Cancel);
        await exporter.RunAsync(Cancel);
        await Bed.ExecuteAsync("UPDATE repository SET exports_begun = 1");

        var due = await Assert.ThrowsAsync<HoldfastException>(() => exporter.IsDueAsync(Cancel));
        var made = await Assert.ThrowsAsync<HoldfastException>(() => exporter.RunAsync(Cancel));
        await exporter.RunAtEndAsync();

        Assert.Equal((FailureKind.Refused, FailureKind.Refused), (due.Kind, made.Kind));
        Assert.Contains("is an older copy: the repository has export 0000000001-0000000002", made.Message, StringComparison.Ordinal);
        Assert.Equal("0000000001-0000000002", exporter.Foreign);
        Assert.Equal(2, (await World.Repository.Exports.ListAsync(Cancel)).Count);
        Assert.Equal([1L], await Bed.QueryAsync<long>("SELECT exports_begun FROM repository"));

        await Bed.ExecuteAsync("UPDATE repository SET exports_begun = 2");
        Assert.False(await exporter.IsDueAsync(Cancel));
        Assert.Null(exporter.Foreign);
    }

    [Theory]
    [InlineData("NULL", 2)]
    [InlineData("7", 8)]
    public async Task The_next_export_is_above_what_is_there_and_what_was_begun(string begun, long number)
    {
        await AddPolicyAsync();
        await ExportAsync();
        await Bed.ExecuteAsync($"UPDATE repository SET exports_begun = {begun}");

        Assert.Equal(number, (await ExportAsync()).Number);
        Assert.Equal([number], await Bed.QueryAsync<long>("SELECT exports_begun FROM repository"));
        Assert.False(await Exporter.IsDueAsync(Cancel));
    }

    /// <summary>Whoever has the database can cut the log and its head alike; then only the export knows better.</summary>
    [Fact]
    public async Task An_audit_log_that_was_cut_short_does_not_become_sound_by_the_next_export()
    {
        await AddPolicyAsync();
        var audit = new AuditStore(Bed.Database, Bed.Clock);
        await audit.AddAsync([EventOf("one"), EventOf("two"), EventOf("three")], Cancel);
        var told = (await ExportAsync()).Audit;
        Assert.Equal(3, told?.Number);
        Assert.Equal(told, (await ExportAsync()).Audit);

        await Bed.ExecuteAsync("DELETE FROM audit_event WHERE number = 3");
        await Bed.ExecuteAsync("UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit_event WHERE number = 2)");
        Assert.Equal(told, (await ExportAsync()).Audit);
        await audit.AddAsync([EventOf("another"), EventOf("and more")], Cancel);

        Assert.Equal(told, (await ExportAsync()).Audit);

        static AuditEvent EventOf(string action) => new() { Kind = AuditKind.Done, ActorName = "ann", Action = action };
    }

    [Fact]
    public async Task A_history_of_many_parts_comes_back_whole()
    {
        var policy = await AddPolicyAsync();
        var text = new string('x', 4000);
        await Bed.InTransactionAsync(async tx =>
        {
            for (var i = 0; i < 5000; i++)
            {
                await tx.ExecuteAsync(
                    "INSERT INTO task (id, policy_id, project_id, volume_id, status, origin, created_at, finished_at, code, message) "
                        + "VALUES (@id, @policy, 'p', 'v', 4, 2, @i, @i, 'c', @text)",
                    new
                    {
                        id = $"{i:000000}",
                        policy = policy.Id.ToString(),
                        i = (long)i,
                        text = $"{text} \"ü€\" {i}",
                    },
                    Cancel
                );
            }
        });
        var head = await ExportAsync();
        Assert.True(head.Parts.Count >= 3, $"{head.Parts.Count} parts");
        Assert.All(head.Parts, part => Assert.InRange(part.PlainBytes, 1, ExportWriter.PartBytes));

        Assert.Equal(5000, (await RebuildAsync()).Tasks);
        Assert.Equal((await RowsAsync(Bed))["task"], (await RowsAsync(Target))["task"]);
    }

    [Fact]
    public async Task A_part_is_written_as_the_page_says()
    {
        var parts = new List<string>();
        using (var writer = new ExportWriter(part => parts.Add(Encoding.UTF8.GetString(part.Span))))
        await using (var connection = await Bed.Database.OpenAsync(Cancel))
        await using (var command = connection.CreateCommand())
        {
            writer.Begin("project", ["id", "name", "enabled"]);
            command.CommandText =
                "SELECT '00000000000000000000000000000001', 'default', 1 UNION ALL "
                + "SELECT '00000000000000000000000000000002', 'Größe \"1\"', 0 ORDER BY 1";
            await using (var reader = await command.ExecuteReaderAsync(Cancel))
            {
                while (await reader.ReadAsync(Cancel))
                {
                    writer.Write(reader);
                }
            }

            writer.Begin("policy_tag", ["policy_id", "key", "value"]);
            writer.End();
        }

        Assert.Equal(
            """
            {"table":"project","columns":["id","name","enabled"]}
            ["00000000000000000000000000000001","default",1]
            ["00000000000000000000000000000002","Größe \"1\"",0]
            {"table":"policy_tag","columns":["policy_id","key","value"]}

            """,
            Assert.Single(parts)
        );
    }
}

public sealed class ExportsOnSqlite(CatalogTemplates templates) : ExportSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ExportsOnPostgres(CatalogTemplates templates) : ExportSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
