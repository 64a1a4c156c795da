using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary>Waiting for what the service does, with a line that shows that it goes on. Ctrl-C ends the waiting only.</summary>
internal static class Waiting
{
    public static async Task<JobItem> ForJobAsync(HoldfastApi api, string job, string what, CancellationToken cancel)
    {
        using var line = new ProgressLine(TimeProvider.System);
        return await GoesOnAsync(
            $"the job goes on: holdfast job show {job}",
            () => api.WaitForJobAsync(job, seen => line.Report($"{what} {seen.Status.ToLowerInvariant()},"), TimeProvider.System, cancel),
            cancel
        );
    }

    /// <param name="hint">What goes on, and which command shows how.</param>
    public static async Task<T> GoesOnAsync<T>(string hint, Func<Task<T>> wait, CancellationToken cancel)
    {
        try
        {
            return await wait();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw new WaitInterruptedException($"interrupted; {hint}");
        }
    }
}
