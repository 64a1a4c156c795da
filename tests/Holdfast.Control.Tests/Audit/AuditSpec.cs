using Holdfast.Control.Audit;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Audit;

/// <summary>Whatever is done to the rows of the audit log is found, and the row is named.</summary>
public abstract class AuditSpec : CatalogSpec
{
    private AuditStore Store => new(Bed.Database, Bed.Clock);

    [Fact]
    public async Task The_hash_is_that_of_the_decision_byte_for_byte()
    {
        await AddAsync(1);
        var row = Assert.Single(await Store.ListAsync(new AuditQuery { Limit = 10 }, Cancel));

        var bytes = new List<byte>("HFAUDIT1"u8.ToArray());
        foreach (var number in new[] { 1L, Bed.Now.ToUnixTimeMilliseconds(), 3, 0, 204 })
        {
            bytes.AddRange(Enumerable.Range(0, 8).Select(i => (byte)((number >> (56 - (8 * i))) & 255)));
        }

        foreach (var text in new[] { "a1", "Änna", "192.0.2.1", null, "DELETE /x", "policy=1", null, null })
        {
            var utf8 = System.Text.Encoding.UTF8.GetBytes(text ?? "");
            bytes.AddRange(text is null ? [255, 255, 255, 255] : [0, 0, 0, (byte)utf8.Length, .. utf8]);
        }

        bytes.AddRange(Enumerable.Repeat((byte)'0', 64));
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.ToArray()));
        Assert.Equal((expected, AuditRow.NoHash), (row.Hash, row.Previous));
    }

    [Theory]
    [InlineData("UPDATE audit_event SET actor_name = 'ben' WHERE number = 3", 3, "was changed")]
    [InlineData("UPDATE audit_event SET at = at + 1 WHERE number = 3", 3, "was changed")]
    [InlineData("UPDATE audit_event SET details = '' WHERE number = 3", 3, "was changed")]
    [InlineData("DELETE FROM audit_event WHERE number = 3", 3, "is missing")]
    [InlineData("DELETE FROM audit_event WHERE number = 1", 1, "is missing")]
    [InlineData("DELETE FROM audit_event WHERE number = 20", 20, "were removed")]
    [InlineData(
        "UPDATE audit_event SET number = -3 WHERE number = 3; UPDATE audit_event SET number = 3 WHERE number = 4; "
            + "UPDATE audit_event SET number = 4 WHERE number = -3",
        3,
        "does not follow"
    )]
    [InlineData(
        "INSERT INTO audit_event SELECT 21, at, kind, began, actor_id, actor_name, source, project_id, action, object, status, code, "
            + "details, previous, hash FROM audit_event WHERE number = 20",
        21,
        "does not follow"
    )]
    [InlineData(
        "INSERT INTO audit_event SELECT 0, at, kind, began, actor_id, actor_name, source, project_id, action, object, status, code, "
            + "details, previous, hash FROM audit_event WHERE number = 1",
        0,
        "was inserted"
    )]
    [InlineData("UPDATE audit_head SET number = 19", 21, "its head says")]
    [InlineData("DELETE FROM audit_head", 21, "head of the log is missing")]
    public async Task What_was_done_to_the_log_is_found_and_named(string harm, long broken, string why)
    {
        await AddAsync(20);
        Assert.Equal((true, 20L, (string?)null), Told(await VerifyAsync()));

        foreach (var one in harm.Split(';'))
        {
            await Bed.ExecuteAsync(one);
        }

        var verdict = await VerifyAsync();
        Assert.Equal((false, (long?)broken), (verdict.IsSound, verdict.FirstBroken));
        Assert.Contains(why, verdict.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_log_is_gone_through_to_its_end()
    {
        await AddAsync(1003);
        Assert.Equal((true, 1003L, (string?)null), Told(await VerifyAsync()));
        await Bed.ExecuteAsync("UPDATE audit_event SET status = 500 WHERE number = 1003");
        Assert.Equal(1003, (await VerifyAsync()).FirstBroken);
    }

    /// <summary>Whoever has the database can make all hashes anew. The export has the old one.</summary>
    [Fact]
    public async Task A_log_that_was_written_anew_or_cut_does_not_fit_the_export()
    {
        await AddAsync(5);
        var exported = (await VerifyAsync()).Head;
        await AddAsync(1);
        Assert.True((await VerifyAsync(exported)).IsSound);

        await Bed.ExecuteAsync("DELETE FROM audit_event");
        await Bed.ExecuteAsync("UPDATE audit_head SET number = 0, hash = @none", new { none = AuditRow.NoHash });
        Assert.Equal(1, (await VerifyAsync(exported)).FirstBroken);
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await AddAsync(5);
        Assert.True((await VerifyAsync()).IsSound);
        Assert.Equal(5, (await VerifyAsync(exported)).FirstBroken);
    }

    [Fact]
    public async Task Many_writers_keep_one_chain()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            for (var i = 0; i < 10; i++)
                            {
                                await new AuditStore(Bed.Database, Bed.Clock).AddAsync([Event(), Event()], Cancel);
                            }
                        },
                        Cancel
                    )
                )
        );
        Assert.Equal((true, 80L, (string?)null), Told(await VerifyAsync()));
    }

    [Fact]
    public async Task A_request_is_listed_once_and_one_whose_end_is_missing_as_begun()
    {
        var died = await Store.AddAsync([Event() with { Kind = AuditKind.Begun, Status = null }], Cancel);
        var began = await Store.AddAsync([Event() with { Kind = AuditKind.Begun, Status = null, Project = "p" }], Cancel);
        await Store.AddAsync([Event() with { Kind = AuditKind.Ended, Began = began, Project = "p" }], Cancel);
        await Store.AddAsync([Event() with { ActorName = "ben\0\n", ActorId = "b", Action = "sign-in" }], Cancel);

        Assert.Equal([4L, 3L, died], await NumbersAsync(new AuditQuery { Limit = 10 }));
        Assert.Equal([4L], await NumbersAsync(new AuditQuery { Limit = 1 }));
        Assert.Equal([3L], await NumbersAsync(new AuditQuery { Limit = 1, Before = 4 }));
        Assert.Equal([4L], await NumbersAsync(new AuditQuery { Limit = 9, After = 3 }));
        Assert.Equal([4L], await NumbersAsync(new AuditQuery { Limit = 9, Actor = "ben??" }));
        Assert.Equal([4L], await NumbersAsync(new AuditQuery { Limit = 9, Actor = "b" }));
        Assert.Equal([4L], await NumbersAsync(new AuditQuery { Limit = 9, Action = "gn-i" }));
        Assert.Equal([3L], await NumbersAsync(new AuditQuery { Limit = 9, Project = "p" }));
        Assert.True((await VerifyAsync()).IsSound);
    }

    private static (bool, long, string?) Told(AuditVerdict verdict) => (verdict.IsSound, verdict.Events, verdict.Why);

    private static AuditEvent Event() =>
        new()
        {
            Kind = AuditKind.Done,
            ActorId = "a1",
            ActorName = "Änna",
            Source = "192.0.2.1",
            Action = "DELETE /x",
            Target = "policy=1",
            Status = 204,
        };

    private async Task<IEnumerable<long>> NumbersAsync(AuditQuery query) =>
        (await Store.ListAsync(query, Cancel)).Select(row => row.Number);

    private Task<long> AddAsync(int count) => Store.AddAsync([.. Enumerable.Range(0, count).Select(_ => Event())], Cancel);

    private Task<AuditVerdict> VerifyAsync(AuditHead? exported = null) => new AuditVerification(Bed.Database).RunAsync(exported, Cancel);
}

public sealed class AuditOnSqlite(CatalogTemplates templates) : AuditSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class AuditOnPostgres(CatalogTemplates templates) : AuditSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
