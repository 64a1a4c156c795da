namespace Holdfast.Control.Protection;

/// <summary>What a project's backups came to on one day, in UTC.</summary>
/// <param name="Succeeded">Orders to back a volume up that succeeded that day, by hand or by a policy; backups that were removed since
/// count.</param>
/// <param name="Skipped">Turns of a policy's volumes that were due and not carried out, of policies that are there still.</param>
/// <param name="Overdue">Volumes of which a policy's turn was due that day and did not come, nor was made up for: those that were written
/// down when it was found out. Of days before that was done, and of turns that nobody has looked for yet, nothing is known.</param>
public sealed record DayFigures(
    DateOnly Day,
    long Succeeded,
    long Failed,
    long Skipped,
    long Overdue,
    long BytesRead,
    long BytesNew,
    long BytesStored
);
