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

    public string? Owner => _config.Owner;

    public async Task SetAsync(string? owner, CancellationToken cancel)
    {
        var changed = (_config with { Owner = owner }).Signed(keys);
        await store.ReplaceAsync(ObjectNames.Config, new ReadOnlySequence<byte>(changed.Write()), cancel);
        _config = changed;
    }

    public void ThrowIfOwnedByAnother(string? me)
    {
        if (Owner is { } owner && owner != me)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The repository in '{store.Name}' belongs to the service {owner}, which may be writing to it. Use the service, or say "
                    + $"that it is gone for good."
            );
        }
    }
}
