using Holdfast.Client;

namespace Holdfast.Tests.Client;

/// <summary>Waiting for what a service does, while the service comes and goes.</summary>
public sealed class PollingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_is_started_anew_is_waited_for()
    {
        var answers = new Queue<Func<int>>([
            () => 1,
            () => throw WrongServer.NoAnswer(new Uri("http://h:1/"), new HttpRequestException("Connection refused")),
            () => throw new ApiRefusedException(503, null, "not now"),
            () => 2,
        ]);

        var end = await Polling.UntilAsync(
            () => Task.FromResult(answers.Dequeue()()),
            seen => seen == 2,
            seen: null,
            TimeProvider.System,
            Cancel
        );

        Assert.Equal(2, end);
    }

    [Fact]
    public async Task A_refusal_ends_the_waiting_at_once() =>
        await Assert.ThrowsAsync<ApiRefusedException>(() =>
            Polling.UntilAsync<int>(
                () => throw new ApiRefusedException(404, null, "gone"),
                _ => false,
                seen: null,
                TimeProvider.System,
                Cancel
            )
        );

    [Theory]
    [InlineData(true, 503)]
    [InlineData(false, 500)]
    public void What_is_away_may_come_back(bool away, int status) =>
        Assert.Equal(away, Polling.IsAway(new ApiRefusedException(status, null, "x")));
}
