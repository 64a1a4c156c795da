using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Tests.Objects;

public sealed class StoreRequestScopeTests
{
    [Fact]
    public async Task Each_job_counts_its_own_requests_on_whatever_thread_they_are_sent()
    {
        var counted = await Task.WhenAll(CountAsync(3), CountAsync(5));

        Assert.Equal([3, 5], counted.Select(requests => requests.Puts));
        Assert.Equal([3, 5], counted.Select(requests => requests.Total));
    }

    [Fact]
    public void What_is_sent_within_a_part_is_counted_for_the_whole_too_and_after_its_end_no_more()
    {
        using var whole = StoreRequestScope.Begin();
        var part = StoreRequestScope.Begin();
        StoreRequestScope.Count(StoreVerb.List);
        part.Dispose();
        StoreRequestScope.Count(StoreVerb.Get);

        Assert.Equal(new StoreRequests(0, 0, 0, 1, 0, 0), part.Requests);
        Assert.Equal(new StoreRequests(0, 1, 0, 1, 0, 0), whole.Requests);
    }

    private static async Task<StoreRequests> CountAsync(int puts)
    {
        using var scope = StoreRequestScope.Begin();
        await Task.WhenAll(Enumerable.Range(0, puts).Select(_ => Task.Run(() => StoreRequestScope.Count(StoreVerb.Put))));
        return scope.Requests;
    }
}
