namespace Holdfast.Client;

/// <summary>Asking a service again and again how far it is.</summary>
internal static class Polling
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks until what is asked for has ended.</summary>
    /// <param name="seen">Told of each answer.</param>
    public static async Task<T> UntilAsync<T>(
        Func<Task<T>> ask,
        Func<T, bool> hasEnded,
        Action<T>? seen,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        while (true)
        {
            var answer = await ask();
            seen?.Invoke(answer);
            if (hasEnded(answer))
            {
                return answer;
            }

            await Task.Delay(Interval, clock, cancel);
        }
    }
}
