using Holdfast.Engine.Objects;

namespace Holdfast.Control.Upkeep;

/// <summary>The repository's second copy, where there is to be one.</summary>
public sealed class SecondCopyOptions
{
    /// <summary>Where it is; null for no second copy.</summary>
    public SecondCopyPlace? Place { get; init; }

    /// <summary>Days that the copy keeps what the repository does not have any more. 0: it goes with the next copy. Default 30.</summary>
    public int KeepRemovedDays { get; init; } = 30;
}

/// <param name="Address">For people, and to know it again; holds no secret.</param>
/// <param name="Open">Opens the store; true to make a folder that is not there.</param>
public sealed record SecondCopyPlace(string Address, Func<bool, IObjectStore> Open);
