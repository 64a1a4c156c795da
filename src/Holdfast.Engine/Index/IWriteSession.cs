using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Index;

/// <summary>
/// One writer's standing with whoever keeps account of a repository's writers, so that prune takes nothing that the writer counts on. Spec:
/// docs/format/prune.md.
/// </summary>
public interface IWriteSession
{
    /// <summary>Packs that were on their way out when the session began: what they hold does not count. Of what is condemned later, prune
    /// waits for this session.</summary>
    IReadOnlySet<Guid> Condemned { get; }

    /// <summary>Makes an index object count, which lies in the store already.</summary>
    /// <param name="items">How many items its packs hold.</param>
    /// <param name="bytes">The object's size.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when the session is over: somebody else has the
    /// work.</exception>
    Task RegisterAsync(Guid indexObject, long items, long bytes, CancellationToken cancel);

    /// <summary>The backup is decided on: what its map names stays from here on, and its manifest, these very bytes, is put next.
    /// Everything
    /// that the map names is stored, and registered or held by the session.</summary>
    /// <exception cref="HoldfastException">As <see cref="RegisterAsync"/>.</exception>
    Task CommitAsync(BackupId backup, ItemId root, int levels, ReadOnlyMemory<byte> manifest, CancellationToken cancel);
}

/// <summary>The session of a writer that no catalog knows: the store's lock keeps it and prune apart, an index object counts when it lies
/// in
/// the store, and the manifest's put is the commit.</summary>
internal sealed class UnregisteredSession : IWriteSession
{
    public static readonly UnregisteredSession Instance = new();

    private UnregisteredSession() { }

    public IReadOnlySet<Guid> Condemned => PackPresence.NoneAbsent;

    public Task RegisterAsync(Guid indexObject, long items, long bytes, CancellationToken cancel) => Task.CompletedTask;

    public Task CommitAsync(BackupId backup, ItemId root, int levels, ReadOnlyMemory<byte> manifest, CancellationToken cancel) =>
        Task.CompletedTask;
}
