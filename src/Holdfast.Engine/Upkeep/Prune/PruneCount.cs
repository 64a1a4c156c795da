namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Figures of a marking.</summary>
internal static class PruneCount
{
    public static PruneFigures Of(Marking marking, PruneView view, PrunePlan plan) =>
        Living(marking, view) with
        {
            PacksDead = plan.Dead.Count,
            BytesDead = plan.Dead.Sum(pack => pack.Length),
            ObjectsLoose = plan.Loose.Count,
            BytesLoose = plan.Loose.Sum(loose => loose.Bytes),
            PacksToRewrite = plan.Rewrite.Count,
            BytesToMove = plan.Rewrite.Sum(pack => pack.Length - pack.Unused),
        };

    /// <summary>What is left when a run is over.</summary>
    public static PruneFigures After(PruneFigures before, Marking marking, PruneView view)
    {
        var now = Living(marking, view);
        return now with
        {
            PacksDead = before.PacksDead,
            BytesDead = before.BytesDead,
            ObjectsLoose = before.ObjectsLoose,
            BytesLoose = before.BytesLoose,
            PacksToRewrite = before.PacksToRewrite,
            BytesToMove = before.BytesToMove,
        };
    }

    private static PruneFigures Living(Marking marking, PruneView view)
    {
        var condemned = view.Fates.Where(fate => fate.State == FateState.Condemned).ToList();
        var living = marking.Packs.Where(pack => pack.Fate is null).ToList();
        return new PruneFigures
        {
            Packs = living.Count,
            IndexObjects = view.Index.Count,
            ItemsLive = marking.Live,
            ItemsMissing = marking.Missing,
            BytesLive = Of(PruneTurn.Available),
            BytesDeleted = Of(PruneTurn.Kept),
            BytesHeld = Of(PruneTurn.Held),
            BytesUnused = living.Where(pack => pack.Live > 0).Sum(pack => pack.Unused),
            ObjectsCondemned = condemned.Count,
            BytesCondemned = condemned.Sum(fate => fate.Bytes),
            ObjectsDeleting = view.Fates.Count - condemned.Count,
            WaitingFor =
            [
                .. view.Writers.Where(writer => condemned.Exists(fate => writer.Epoch < fate.Epoch))
                    .Select(writer => new PruneWaiting(writer.Job, writer.Volume, writer.Since)),
            ],
        };

        long Of(PruneTurn turn) => living.Sum(pack => pack.Items == 0 ? 0 : (long)((Int128)pack.Length * pack.LiveOf(turn) / pack.Items));
    }
}
