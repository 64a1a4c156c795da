using Holdfast.Control.Processes;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Processes;

/// <summary>Who is told to work on a catalog.</summary>
public abstract class ProcessSpec : FlowSpec
{
    [Fact]
    public async Task Each_process_is_told_from_its_first_sign_to_its_clean_end()
    {
        var (first, second) = (new ProcessStore(Bed.Database), new ProcessStore(Bed.Database));
        await first.SignAsync(Cancel);

        // Two of one millisecond are in no order.
        await Bed.ExecuteAsync("UPDATE process SET began_at = began_at - 1000");
        await second.SignAsync(Cancel);
        await second.SignAsync(Cancel);

        var seen = await first.ListAsync(Cancel);
        Assert.Equal([true, false], seen.Select(process => process.IsThis));
        Assert.All(seen, process => Assert.True(process.IsUp && process.SeenAt >= process.BeganAt));
        Assert.All(seen, process => Assert.Equal($"{Environment.MachineName}:{Environment.ProcessId}", process.Host));

        await first.LeaveAsync(Cancel);
        Assert.True(Assert.Single(await second.ListAsync(Cancel)).IsThis);
    }

    /// <summary>The database's clock set forward makes a sign old; set back it makes it one of the future.</summary>
    [Theory]
    [InlineData(-2)]
    [InlineData(+2)]
    public async Task One_that_gives_no_sign_is_down_and_up_again_with_the_next(int minutes)
    {
        var (silent, other) = (new ProcessStore(Bed.Database), new ProcessStore(Bed.Database));
        await silent.SignAsync(Cancel);
        await MoveAsync(TimeSpan.FromMinutes(minutes));
        await other.SignAsync(Cancel);

        Assert.Equal([(true, false), (false, true)], (await silent.ListAsync(Cancel)).Select(it => (it.IsThis, it.IsUp)).OrderDescending());
        await silent.SignAsync(Cancel);
        Assert.All(await other.ListAsync(Cancel), process => Assert.True(process.IsUp));
    }

    [Theory]
    [InlineData(-25)]
    [InlineData(+25)]
    public async Task One_that_gave_no_sign_for_a_day_is_forgotten_and_may_come_back(int hours)
    {
        var (silent, other) = (new ProcessStore(Bed.Database), new ProcessStore(Bed.Database));
        await silent.SignAsync(Cancel);
        await MoveAsync(TimeSpan.FromHours(hours));
        await other.SignAsync(Cancel);

        Assert.True(Assert.Single(await other.ListAsync(Cancel)).IsThis);
        await silent.SignAsync(Cancel);
        Assert.Equal(2, (await other.ListAsync(Cancel)).Count);
    }

    private Task MoveAsync(TimeSpan by) =>
        Bed.ExecuteAsync("UPDATE process SET seen_at = seen_at + @by", new { by = (long)by.TotalMilliseconds });
}

public sealed class ProcessOnSqlite(CatalogTemplates templates) : ProcessSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ProcessOnPostgres(CatalogTemplates templates) : ProcessSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
