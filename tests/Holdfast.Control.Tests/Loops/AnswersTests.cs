using Holdfast.Control.Loops;

namespace Holdfast.Control.Tests.Loops;

public sealed class AnswersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SteppedClock _clock = new();
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_does_not_come_is_given_up_when_the_patience_is_over_and_not_before()
    {
        var waiting = WaitAsync();
        for (var second = 0; second < 20; second++)
        {
            Assert.False(waiting.IsCompleted);
            await _clock.StepAsync(TimeSpan.FromSeconds(1));
        }

        Assert.False(await waiting);
    }

    [Fact]
    public async Task What_comes_is_waited_for_no_longer()
    {
        var waiting = WaitAsync();
        await _clock.StepAsync(TimeSpan.FromSeconds(1));
        _answer.SetResult();
        Assert.True(await waiting);
        Assert.True(await WaitAsync());
    }

    /// <summary>A machine that was stopped, or had no processor to spare, has not waited: nobody was asked meanwhile.</summary>
    [Fact]
    public async Task A_machine_that_stood_still_for_an_hour_has_waited_for_two_seconds()
    {
        var waiting = WaitAsync();
        for (var hour = 0; hour < 10; hour++)
        {
            Assert.False(waiting.IsCompleted);
            await _clock.StepAsync(TimeSpan.FromHours(1));
        }

        Assert.False(await waiting);
    }

    [Fact]
    public async Task Who_does_not_want_to_wait_any_more_does_not()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var waiting = Answers.CameAsync(_answer.Task, Patience, _clock, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private Task<bool> WaitAsync() => Answers.CameAsync(_answer.Task, Patience, _clock, Cancel);
}
