namespace Holdfast.Control.Loops;

/// <summary>Says "there is work" within this process, so that nobody has to wait for the next look. Wakes everybody who waits.</summary>
public sealed class WakeSignal
{
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the next <see cref="Wake"/>. Take it before looking for work, so that what comes in between is not
    /// missed.</summary>
    public Task Next => _next.Task;

    public void Wake() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
