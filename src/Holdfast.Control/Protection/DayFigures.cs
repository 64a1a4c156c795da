namespace Holdfast.Control.Protection;

/// <summary>What a project's backups came to on one day, in UTC.</summary>
/// <param name="Succeeded">Orders to back a volume up that succeeded that day, by hand or by a policy; backups that were removed since
/// count.</param>
/// <param name="Skipped">Turns of a policy's volumes that were due and not carried out, of policies that are there still.</param>
public sealed record DayFigures(
    DateOnly Day,
    long Succeeded,
    long Failed,
    long Skipped,
    long BytesRead,
    long BytesNew,
    long BytesStored
);
