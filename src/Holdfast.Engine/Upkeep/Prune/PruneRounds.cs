namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Where there is too little room to put what replaces all that is to go, a run is as many rounds as it takes, each with the room
/// that the one before it gave back. Each round is a run of its own, from the listing on, under one name.</summary>
internal static class PruneRounds
{
    /// <summary>What is left after so many is for the next day.</summary>
    private const int Most = 20;

    public static async Task<PruneFigures> RunAsync(Func<PruneRun> make, CancellationToken cancel)
    {
        PruneFigures? done = null;
        for (var round = 1; ; round++)
        {
            using var run = make();
            var figures = await run.RunAsync(cancel);
            done = done is null ? figures : Sum(done, figures);
            if (!run.IsShortOfRoom || figures.BytesFreed == 0 || round == Most)
                return done;
        }
    }

    /// <summary>What is found at the end, and what was done in all.</summary>
    private static PruneFigures Sum(PruneFigures before, PruneFigures last) =>
        last with
        {
            PacksDead = before.PacksDead,
            BytesDead = before.BytesDead,
            ObjectsLoose = before.ObjectsLoose,
            BytesLoose = before.BytesLoose,
            PacksToRewrite = Math.Max(before.PacksToRewrite, before.PacksRewritten + last.PacksToRewrite),
            BytesToMove = Math.Max(before.BytesToMove, before.BytesRewritten + last.BytesToMove),
            BytesFreed = before.BytesFreed + last.BytesFreed,
            PacksDeleted = before.PacksDeleted + last.PacksDeleted,
            PacksRewritten = before.PacksRewritten + last.PacksRewritten,
            BytesRewritten = before.BytesRewritten + last.BytesRewritten,
            DamagedPacks = [.. before.DamagedPacks.Union(last.DamagedPacks)],
        };
}
