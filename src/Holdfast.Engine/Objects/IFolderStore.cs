namespace Holdfast.Engine.Objects;

/// <summary>A store that stands on something that can go away and come back as another: a folder on a disk that is mounted anew.</summary>
internal interface IFolderStore
{
    /// <summary>Bytes that may still be written, or null where that cannot be told.</summary>
    long? FreeBytes { get; }

    /// <summary>
    /// Opens what now has the store's name and, if <paramref name="isOurs"/> says so of its object <paramref name="probe"/>, takes it in
    /// the place of what was opened before. False when it is something else, or not there; nothing is changed then.
    /// </summary>
    ValueTask<bool> TryReopenAsync(ObjectKey probe, Func<byte[], bool> isOurs, CancellationToken cancel);
}
