namespace Holdfast.Control.Protection;

/// <summary>Volumes by their states; together they are all.</summary>
public sealed record ProtectionCounts(int Total, int Protected, int Waiting, int Unprotected, int Overdue, int Failed, int Damaged)
{
    public static ProtectionCounts Of(IEnumerable<ProtectionState> states)
    {
        var counts = states.CountBy(state => state).ToDictionary();
        int Count(ProtectionState state) => counts.GetValueOrDefault(state);
        return new(
            counts.Values.Sum(),
            Count(ProtectionState.Protected),
            Count(ProtectionState.Waiting),
            Count(ProtectionState.Unprotected),
            Count(ProtectionState.Overdue),
            Count(ProtectionState.Failed),
            Count(ProtectionState.Damaged)
        );
    }

    /// <summary>The same for people.</summary>
    /// <param name="illParts">What of the service is ill, by name.</param>
    /// <param name="failedUpkeep">What of its upkeep failed last, by name.</param>
    public string Sentence(IReadOnlyList<string> illParts, IReadOnlyList<string> failedUpkeep)
    {
        var service = illParts.Count == 0 ? "" : $"The service is ill ({string.Join(", ", illParts)}). ";
        var upkeep = failedUpkeep.Count == 0 ? "" : $" The repository's last {string.Join(" and ", failedUpkeep)} failed.";
        return $"{service}{OfVolumes()}{upkeep}";
    }

    private string OfVolumes()
    {
        if (Total == 0)
        {
            return "Nothing is protected yet: no volume is registered.";
        }

        List<string> bad =
        [
            .. from one in ((int Count, string Text)[])
                [
                    (Damaged, "with damaged backups"),
                    (Failed, "failed"),
                    (Overdue, "overdue"),
                    (Unprotected, "in no policy that is on"),
                ]
            where one.Count > 0
            select $"{one.Count} {one.Text}",
        ];
        var waiting = Waiting == 0 ? "" : $" {Waits(Waiting)} for the first backup.";
        return bad.Count > 0
                ? $"{Total - Protected - Waiting} of {Total} volumes not protected as they should be: "
                    + $"{string.Join(", ", bad)}.{waiting}"
            : Waiting == Total ? $"{Waits(Waiting)} for the first backup."
            : $"{Have(Protected)} as young a good backup as the policy wants.{waiting}";
    }

    private static string Waits(int count) => count == 1 ? "1 volume waits" : $"{count} volumes wait";

    private static string Have(int count) => count == 1 ? "The one volume has" : $"{count} volumes are protected: each has";
}
