using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>Who may write to a repository without asking: the service that <c>config</c> names, or, where it names none, whoever holds the
/// store's lock.</summary>
internal sealed class RepositoryOwner(IObjectStore store, RepositoryConfig config, KeyRing keys)
{
    private volatile RepositoryConfig _config = config;
    private volatile string? _taken;
    private int _setting;

    public string? Owner => _config.Owner;

    /// <summary>Looks at <c>config</c> as it is now: another service may have come since it was opened.</summary>
    public async Task SetAsync(string? owner, bool evenIfOwned, CancellationToken cancel)
    {
        Interlocked.Increment(ref _setting);
        try
        {
            var there = await ReadOwnAsync(cancel);
            if (!evenIfOwned && there.Owner is { } other && other != owner && other != _taken)
                throw OwnedBy(other);

            var changed = there;
            if (there.Owner != owner)
            {
                changed = (there with { Owner = owner }).Signed(keys);
                await store.ReplaceAsync(ObjectNames.Config, new ReadOnlySequence<byte>(changed.Write()), cancel);
            }

            _config = changed;
            _taken = owner;
        }
        finally
        {
            Interlocked.Decrement(ref _setting);
        }
    }

    /// <summary>Replaces <c>config</c> as it is now by one of the next era.</summary>
    public async Task BeginEraAsync(string owner, CancellationToken cancel)
    {
        var there = await ReadOwnAsync(cancel);
        var next = there.InNextEra(owner).Signed(keys);
        await store.ReplaceAsync(ObjectNames.Config, new ReadOnlySequence<byte>(next.Write()), cancel);
    }

    public void ThrowIfOwnedByAnother(string? me)
    {
        if (Owner is { } owner && owner != me)
            throw OwnedBy(owner);
    }

    /// <param name="now">The owner that <c>config</c> names now.</param>
    public void ThrowIfTaken(string? now)
    {
        // While this process itself changes the owner, either is right.
        if (now == Owner || Volatile.Read(ref _setting) > 0)
            return;

        throw new HoldfastException(
            FailureKind.Refused,
            $"The owner of the repository in '{store.Name}' is {now ?? "nobody"} now; it was {Owner ?? "nobody"} when it was opened. "
                + $"Two services must not write to one repository: stop one of them, and start this one again if it is to go on."
        );
    }

    private async Task<RepositoryConfig> ReadOwnAsync(CancellationToken cancel)
    {
        var there = await RepositoryOpening.ReadConfigAsync(store, cancel);
        return there.Repository == _config.Repository && there.IsSignedBy(keys)
            ? there
            : throw new HoldfastException(
                FailureKind.RepositoryAway,
                $"'{store.Name}' does not hold repository {_config.Repository} any more. Is the right disk mounted there?"
            );
    }

    private HoldfastException OwnedBy(string owner) =>
        new(
            FailureKind.Refused,
            $"The repository in '{store.Name}' belongs to the service {owner}, which may be writing to it. Use the service, or say that it "
                + $"is gone for good."
        );
}
