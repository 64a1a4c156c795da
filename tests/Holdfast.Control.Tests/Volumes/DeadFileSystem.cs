namespace Holdfast.Control.Tests.Volumes;

/// <summary>What a mount does whose server is dead, and a patience with it that ends when it does that, and never before: no clock has a
/// part in it.</summary>
internal sealed class DeadFileSystem : IDisposable
{
    private readonly SemaphoreSlim _hangs = new(0);
    private readonly ManualResetEventSlim _answers = new();
    private readonly HashSet<Task> _givenUp = [];

    /// <summary>Returns when it answers again.</summary>
    public void Hang()
    {
        _hangs.Release();
        _answers.Wait();
    }

    public void Answer() => _answers.Set();

    /// <summary>Whether what was asked has ended, and not come to hang.</summary>
    public async Task<bool> CameAsync(Task asked, CancellationToken cancel)
    {
        if (!_givenUp.Contains(asked))
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var hangs = _hangs.WaitAsync(ended.Token);
            await Task.WhenAny(asked, hangs);
            await ended.CancelAsync();

            // One that was cancelled still stands in the line until it has ended, and would take the word that is for the next.
            await ((Task)hangs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (hangs.IsCompletedSuccessfully)
            {
                _givenUp.Add(asked);
            }
        }

        return !_givenUp.Contains(asked);
    }

    public void Dispose()
    {
        _answers.Dispose();
        _hangs.Dispose();
    }
}
