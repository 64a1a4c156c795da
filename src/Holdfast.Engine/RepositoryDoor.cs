using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;

namespace Holdfast.Engine;

/// <summary>What opens a repository: <c>config</c> and <c>keys/</c>. Of a repository that cannot be opened nothing else can be
/// told.</summary>
public static class RepositoryDoor
{
    /// <summary>What keeps a repository shut. Needs no key, for without these none opens it.</summary>
    public static Task<IReadOnlyList<CheckDamage>> CheckAsync(IObjectStore store, CancellationToken cancel) =>
        OpeningCheck.RunAsync(store, cancel);

    /// <summary>Puts back what keeps a repository shut from another copy of it, after it was seen that the other copy opens with this
    /// key.</summary>
    /// <returns>The names of what was put back, or would be in a dry run; empty where nothing was damaged.</returns>
    /// <exception cref="Basics.HoldfastException">What opening the other copy throws; <see cref="Basics.FailureKind.Refused"/> when it is
    /// another repository's.</exception>
    public static Task<IReadOnlyList<string>> MendAsync(
        IObjectStore store,
        IObjectStore from,
        RepositorySecret secret,
        bool dryRun,
        CancellationToken cancel
    ) => RepositoryOpening.MendAsync(store, from, secret, dryRun, cancel);
}
