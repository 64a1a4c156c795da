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

    /// <summary>Looks whether what the store holds is still the repository that was opened; one that came back on another device is
    /// opened anew.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it is away or another is in its place;
    /// <see cref="FailureKind.Refused"/> when it was given to another owner.</exception>
    public async Task ThrowIfGoneAsync(CancellationToken cancel)
    {
        RepositoryConfig there;
        try
        {
            there = await RepositoryOpening.ReadConfigAsync(store, cancel);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.NotFound or FailureKind.Unavailable)
        {
            if (store is not IFolderStore folder || !await folder.TryReopenAsync(ObjectNames.Config, IsOurs, cancel))
            {
                throw new HoldfastException(
                    FailureKind.Unavailable,
                    $"The repository in '{store.Name}' is away: {e.Message} When it is back, all goes on.",
                    e
                );
            }

            there = await RepositoryOpening.ReadConfigAsync(store, cancel);
        }

        if (there.Id != _config.Id || !there.IsSignedBy(keys))
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"In '{store.Name}' lies repository {there.Repository}, and not {_config.Repository}, which was opened there. Put the "
                    + $"first back in its place."
            );
        }

        if (there.Owner != _config.Owner)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The repository in '{store.Name}' was given to {there.Owner ?? "nobody"} since it was opened for "
                    + $"{_config.Owner ?? "nobody"}. Open it again, if it is to be written from here."
            );
        }
    }

    private bool IsOurs(byte[] config)
    {
        try
        {
            return RepositoryConfig.Read(config, store.Name) is var there && there.Id == _config.Id && there.IsSignedBy(keys);
        }
        catch (HoldfastException)
        {
            return false;
        }
    }

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
