using Holdfast.Control.Users;

namespace Holdfast.Control.Tests.Users;

public sealed class LoginTurnsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_address_fills_its_own_part_of_the_room_and_neither_the_others_nor_the_admins()
    {
        using var queue = new LoginTurns(Environment.ProcessorCount);
        using var go = new ManualResetEventSlim();
        var cores = Environment.ProcessorCount;
        var flood = Enumerable
            .Range(0, cores + LoginTurns.RoomOfAddress)
            .Select(_ => queue.RunAsync("flood", () => Wait(go), Cancel))
            .ToList();

        await Assert.ThrowsAsync<TooManyTriesException>(() => queue.RunAsync("flood", () => 0, Cancel));
        var honest = queue.RunAsync("honest", () => 7, Cancel);
        Assert.Equal(8, await queue.RunForAdminAsync(() => 8, Cancel));

        go.Set();
        Assert.Equal(7, await honest);
        await Task.WhenAll(flood);
        Assert.Equal(9, await queue.RunAsync("flood", () => 9, Cancel));
    }

    [Fact]
    public async Task Many_addresses_fill_the_whole_room_and_no_more()
    {
        using var queue = new LoginTurns(Environment.ProcessorCount);
        using var go = new ManualResetEventSlim();
        var flood = Enumerable
            .Range(0, Environment.ProcessorCount + LoginTurns.Room)
            .Select(n => queue.RunAsync($"{n}", () => Wait(go), Cancel))
            .ToList();

        await Assert.ThrowsAsync<TooManyTriesException>(() => queue.RunAsync("one more", () => 0, Cancel));

        go.Set();
        await Task.WhenAll(flood);
    }

    private static int Wait(ManualResetEventSlim go)
    {
        go.Wait(Cancel);
        return 0;
    }
}
