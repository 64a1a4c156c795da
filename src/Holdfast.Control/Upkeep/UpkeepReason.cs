using Holdfast.Control.Jobs;
using Holdfast.Control.Protection;

namespace Holdfast.Control.Upkeep;

/// <summary>What is said of upkeep that failed, and what to do. For strangers: the job, which admins see, says why.</summary>
/// <param name="Name">What failed, within a sentence.</param>
/// <param name="Do">A command line that shows more.</param>
public sealed record UpkeepReason(string Name, string Text, string Do)
{
    public static UpkeepReason Of(UpkeepEnd failed)
    {
        var (name, what) = failed.Kind switch
        {
            JobKind.Prune => ("prune", "space that no backup needs is not freed"),
            JobKind.Check => ("check", "the repository was found damaged, or could not be read"),
            JobKind.Export => ("export", "the repository holds no export of the catalog that is up to date"),
            JobKind.Copy => ("second copy", "it does not hold what was backed up since"),
            _ => throw new InvalidOperationException($"What failed of {failed.Kind} is said elsewhere."),
        };
        return new(
            name,
            $"The last {name} of the repository failed ({VolumeReason.TimeOf(failed.EndedAt)}): {what}.",
            $"holdfast job list --kind {JobKindNames.Of(failed.Kind)}"
        );
    }
}
