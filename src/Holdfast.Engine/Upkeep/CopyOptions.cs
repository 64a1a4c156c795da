using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>How a second copy is brought up to date.</summary>
public sealed record CopyOptions
{
    /// <summary>Open everything that is in the copy to its last byte, what was copied before as well, and copy again what is damaged there.
    /// Default false: what is new is opened (of packs, the directory), of what is old the size is compared.</summary>
    public bool Verify { get; init; }

    /// <summary>Remove from the copy what is not in the repository any more. Default false: nothing is removed.</summary>
    public bool Remove { get; init; }

    /// <summary>Where <see cref="Remove"/> is set: is told all that may be removed, and says what of it is; null for all of it. Whatever
    /// it says, nothing is removed where the repository shows no restore point and the copy does: that is no state in which to believe
    /// it.</summary>
    public Func<IReadOnlyCollection<ObjectKey>, CancellationToken, Task<IReadOnlySet<ObjectKey>>>? MayGo { get; init; }

    /// <summary>Refuse a place that holds no copy yet. Default false: one is begun there.</summary>
    public bool MustExist { get; init; }
}

/// <summary>How far a copy is. Bytes of objects.</summary>
public readonly record struct CopyProgress(long BytesDone, long BytesTotal);

/// <summary>An object that is not what was written, and so was not copied.</summary>
/// <param name="Key">The object's key.</param>
/// <param name="What">What is wrong with it and where, a sentence.</param>
public sealed record CopyDamage(string Key, string What);

/// <summary>What a copy did. Sizes in bytes.</summary>
public sealed record CopyReport
{
    /// <summary>Backups that the copy holds now.</summary>
    public required long Backups { get; init; }

    public required long ObjectsCopied { get; init; }

    public required long BytesCopied { get; init; }

    /// <summary>Objects that were there, but not as they should be, and were copied again.</summary>
    public required long ObjectsMended { get; init; }

    /// <summary>Objects of which the copy had to be opened, because <see cref="CopyOptions.Verify"/> asked for it.</summary>
    public required long ObjectsVerified { get; init; }

    public required long ObjectsRemoved { get; init; }

    /// <summary>Objects that may be removed by and by, and were not; null where nothing was to be removed.</summary>
    public required long? ObjectsKept { get; init; }

    /// <summary>Objects of the repository that are damaged and could not be copied. While there are any, nothing is removed.</summary>
    public required IReadOnlyList<CopyDamage> Damage { get; init; }

    public bool IsSound => Damage.Count == 0;
}
