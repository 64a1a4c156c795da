using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>Asking a service again and again how far it is.</summary>
internal static class Polling
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>For so long a service may be away: it is started anew, or what is on the way to it is. What it does goes on
    /// meanwhile, or after.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whether the service was not there, or said that it cannot answer now.</summary>
    public static bool IsAway(Exception error) =>
        error
            is VerbFailedException { InnerException: HttpRequestException { HttpRequestError: not HttpRequestError.SecureConnectionError } }
                or ApiRefusedException { Status: 502 or 503 or 504 };

    /// <summary>Asks once, and waits for a service that is away. For what was ordered of it already: an address that is wrong is found out
    /// before.</summary>
    public static async Task<T> PatientlyAsync<T>(Func<Task<T>> ask, TimeProvider clock, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (IsAway(e) && clock.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause, clock, cancel);
            }
        }
    }

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
            var answer = await PatientlyAsync(ask, clock, cancel);
            seen?.Invoke(answer);
            if (hasEnded(answer))
            {
                return answer;
            }

            await Task.Delay(Interval, clock, cancel);
        }
    }
}
