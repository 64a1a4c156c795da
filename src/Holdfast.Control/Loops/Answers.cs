namespace Holdfast.Control.Loops;

/// <summary>Waits for what may never answer.</summary>
public static class Answers
{
    private const int Steps = 20;

    /// <summary>As <see cref="CameAsync"/>, with the answer.</summary>
    /// <exception cref="TimeoutException">It did not end before the patience was over.</exception>
    public static async Task<T> WaitAsync<T>(Task<T> asked, TimeSpan patience, TimeProvider clock, CancellationToken cancel) =>
        await CameAsync(asked, patience, clock, cancel)
            ? await asked
            : throw new TimeoutException($"There was no answer within {patience}.");

    /// <summary>Waits in small steps, of which each counts for no more than twice its length: a machine that stood still for a while, or
    /// had no processor to spare, says nothing of whoever is asked.</summary>
    /// <returns>Whether it ended, however, before the patience was over.</returns>
    public static async Task<bool> CameAsync(Task asked, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        var step = patience / Steps;
        for (var waited = TimeSpan.Zero; waited < patience && !asked.IsCompleted;)
        {
            var began = clock.GetTimestamp();
            using (var over = CancellationTokenSource.CreateLinkedTokenSource(cancel))
            {
                await Task.WhenAny(asked, Task.Delay(step, clock, over.Token));
                await over.CancelAsync();
            }

            if (!asked.IsCompleted)
            {
                cancel.ThrowIfCancellationRequested();
            }

            var passed = clock.GetElapsedTime(began);
            waited += passed < 2 * step ? passed : 2 * step;
        }

        return asked.IsCompleted;
    }
}
