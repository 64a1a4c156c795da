using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Testing;

/// <summary>A ledger in front of another that lets a test act before a call, and dies at its n-th change.</summary>
public sealed class HookedLedger(IPruneLedger inner, int dieAtCall = 0, bool afterEffect = false) : IPruneLedger
{
    private int _calls;

    /// <summary>What to do once, before the first call of a name.</summary>
    public Dictionary<string, Func<Task>> Before { get; } = [];

    /// <summary>Called with the name of each call, and how many changes there were before it.</summary>
    public Func<string, int, Task>? BeforeEach { get; set; }

    /// <summary>What <see cref="ReadAsync"/> answers is put through this: a ledger that lies.</summary>
    public Func<PruneView, PruneView>? Lie { get; set; }

    /// <summary>Names of changes that are not made, though they seem to be.</summary>
    public HashSet<string> Dropped { get; } = [];

    /// <summary>Whether what is to be taken back is let be deleted.</summary>
    public bool TakesNothingBack { get; set; }

    /// <summary>Whether fates are forgotten as soon as they are decided.</summary>
    public bool ForgetsAtOnce { get; set; }

    public bool IsDead { get; private set; }

    public Guid Run => inner.Run;

    public bool PutsMarks => inner.PutsMarks;

    public async Task<PruneView> ReadAsync(CancellationToken cancel)
    {
        await ActAsync("read");
        var view = await inner.ReadAsync(cancel);
        return Lie is null ? view : Lie(view);
    }

    public Task KeepRootsAsync(IReadOnlyList<PruneRoot> roots, CancellationToken cancel) =>
        ChangeAsync("keep roots", () => inner.KeepRootsAsync(roots, cancel));

    public Task CondemnAsync(IReadOnlyList<PruneFate> objects, CancellationToken cancel) =>
        ChangeAsync("condemn", () => inner.CondemnAsync(objects, cancel));

    public Task DecideAsync(IReadOnlyList<string> back, IReadOnlyList<string> dead, CancellationToken cancel) =>
        ChangeAsync(
            "decide",
            async () =>
            {
                await inner.DecideAsync(TakesNothingBack ? [] : back, TakesNothingBack ? [.. dead, .. back] : dead, cancel);
                if (ForgetsAtOnce)
                    await inner.ForgetAsync(dead, cancel);
            }
        );

    public Task RegisterAsync(IReadOnlyList<PruneIndex> added, IReadOnlyList<Guid> removed, CancellationToken cancel) =>
        ChangeAsync("register", () => inner.RegisterAsync(added, removed, cancel));

    public Task ForgetAsync(IReadOnlyList<string> objects, CancellationToken cancel) =>
        ChangeAsync("forget", () => inner.ForgetAsync(objects, cancel));

    public async Task<IAsyncDisposable> HoldAsync(bool alone, CancellationToken cancel)
    {
        await ActAsync(alone ? "hold alone" : "hold");
        return await inner.HoldAsync(alone, cancel);
    }

    private async Task ChangeAsync(string name, Func<Task> change)
    {
        await ActAsync(name);
        if (Dropped.Contains(name))
            return;

        if (++_calls == dieAtCall)
        {
            IsDead = true;
            if (afterEffect)
                await change();

            throw new LedgerDeathException();
        }

        await change();
    }

    private async Task ActAsync(string name)
    {
        if (IsDead)
            throw new LedgerDeathException();

        if (BeforeEach is { } each)
            await each(name, _calls);

        if (Before.Remove(name, out var act))
            await act();
    }
}

/// <summary>The process died, as the test wants.</summary>
public sealed class LedgerDeathException : Exception;
