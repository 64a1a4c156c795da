namespace Holdfast.Terminal;

/// <summary>What a backup is worth, for people. The words of the API and of manifests are <c>at-rest</c> and <c>live</c>.</summary>
internal static class ConsistencyText
{
    private const string Live = "live";

    /// <summary>The sentence that goes with a backup of a volume that was in use; null for any other.</summary>
    public static string? Advice(string? consistency) =>
        consistency == Live
            ? "It is a live backup: the volume may have been written to while it was read, so a restored file system or database may be "
                + "damaged, worse than by a power cut; stop what writes, or back up a snapshot instead (docs/consistency.md says how)."
            : null;

    public static void PrintAdvice(string? consistency)
    {
        if (Advice(consistency) is { } advice)
        {
            Console.Out.WriteLine(advice);
        }
    }
}
