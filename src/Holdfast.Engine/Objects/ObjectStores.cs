using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects.Local;
using Holdfast.Engine.Objects.S3;

namespace Holdfast.Engine.Objects;

/// <summary>Opens the store that an address leads to.</summary>
public static class ObjectStores
{
    /// <param name="credentials">For an object store; null for those of the environment.</param>
    /// <param name="create">Whether to make a folder that is missing. A bucket is never made.</param>
    /// <exception cref="HoldfastException">What <see cref="LocalObjectStore"/> and <see cref="S3ObjectStore"/> throw.</exception>
    public static IObjectStore Open(RepositoryAddress address, StoreCredentials? credentials, bool create, TimeProvider clock) =>
        address switch
        {
            RepositoryAddress.Folder folder => new LocalObjectStore(folder.Path, create),
            RepositoryAddress.Bucket bucket => new S3ObjectStore(bucket.Address, credentials, clock),
            _ => throw new ArgumentOutOfRangeException(nameof(address), address, "It is of no kind that is known."),
        };
}
