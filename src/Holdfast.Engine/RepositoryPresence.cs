using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>Whether the store still holds the repository that was opened. What is written to, or removed from, another place that has come
/// under the same path would be lost, or another's loss.</summary>
internal sealed class RepositoryPresence
{
    /// <summary>How long a store may take to answer before it is called ill. A dead network mount never answers.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IObjectStore _store;
    private readonly Guid _id;
    private readonly long _era;
    private readonly KeyRing _keys;
    private readonly RepositoryOwner _owner;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private Task<RepositoryHealth>? _looking;

    public RepositoryPresence(IObjectStore store, RepositoryConfig config, KeyRing keys, RepositoryOwner owner, TimeProvider clock)
    {
        _store = store;
        _id = config.Id;
        _era = config.Era;
        _keys = keys;
        _owner = owner;
        _clock = clock;
        (store as IPlacedStore)?.Recognize(ObjectNames.Config, IsOurs);
    }

    public async Task ThrowIfGoneAsync(CancellationToken cancel)
    {
        var config = await ReadAsync(cancel);
        if (config.Id != _id)
        {
            throw new HoldfastException(
                FailureKind.RepositoryAway,
                $"The repository {_id:N} is not in '{_store.Name}' any more: another one is there, {config.Id:N}. "
                    + $"Mount the right disk there."
            );
        }

        if (!config.IsSignedBy(_keys))
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object 'config' of the repository in '{_store.Name}' was changed by somebody without the key. Put back a copy of it."
            );
        }

        if (config.Era != _era)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The repository in '{_store.Name}' is in era {config.Era} now; it was in era {_era} when it was opened: another "
                    + "catalog was made for it meanwhile. Start this service again only with that catalog."
            );
        }

        _owner.ThrowIfTaken(config.Owner);
    }

    /// <summary>Looks on a thread of its own, one at a time, so that a mount that is dead holds up one thread and no caller.</summary>
    public async Task<RepositoryHealth> CheckAsync(CancellationToken cancel)
    {
        Task<RepositoryHealth> looking;
        lock (_lock)
        {
            if (_looking is null or { IsCompleted: true })
            {
                _looking = Task
                    .Factory.StartNew(LookAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                    .Unwrap();
            }

            looking = _looking;
        }

        try
        {
            return await looking.WaitAsync(Patience, _clock, cancel);
        }
        catch (TimeoutException)
        {
            return new RepositoryHealth(
                IsWell: false,
                $"The repository in '{_store.Name}' has not answered for {Patience.TotalSeconds:0} seconds. Is its disk, or the server "
                    + $"that it is on, there?",
                FreeBytes: null,
                FailureKind.Unavailable
            );
        }
    }

    private async Task<RepositoryHealth> LookAsync()
    {
        try
        {
            await ThrowIfGoneAsync(CancellationToken.None);

            // Reads go on, so nothing else would tell before the next backup is due.
            return (_store as IPlacedStore)?.FindWriteTrouble() is { } trouble
                ? new RepositoryHealth(IsWell: false, trouble.Message, FreeBytes: null, trouble.Kind)
                : new RepositoryHealth(IsWell: true, Reason: null, (_store as IPlacedStore)?.FindSpace()?.Free);
        }
        catch (HoldfastException e)
        {
            return new RepositoryHealth(IsWell: false, e.Message, FreeBytes: null, e.Kind);
        }
    }

    private async Task<RepositoryConfig> ReadAsync(CancellationToken cancel)
    {
        try
        {
            return RepositoryConfig.Read(await _store.ReadWholeAsync(ObjectNames.Config, cancel), _store.Name);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            throw new HoldfastException(
                FailureKind.RepositoryAway,
                $"The repository {_id:N} is not in '{_store.Name}' any more: there is no object 'config'. Is its disk "
                    + $"mounted there, or is it another bucket?",
                e
            );
        }
    }

    private bool IsOurs(byte[] config)
    {
        try
        {
            var there = RepositoryConfig.Read(config, _store.Name);
            return there.Id == _id && there.IsSignedBy(_keys);
        }
        catch (HoldfastException)
        {
            return false;
        }
    }
}
