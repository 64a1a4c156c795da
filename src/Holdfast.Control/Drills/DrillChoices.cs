using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Control.Backups;

namespace Holdfast.Control.Drills;

/// <summary>Which of a volume's restore points a drill looks at.</summary>
internal static class DrillChoices
{
    /// <summary>The newest, which is what would be restored today; where the last turn looked at that, an older one, which nobody reads
    /// else. Which older one follows from the drill's id, so that it can be seen afterwards that nobody chose it.</summary>
    /// <param name="points">Newest first; at least one.</param>
    /// <param name="last">What the volume's last turn by the schedule looked at; null for the first one, and for one that is ordered by
    /// hand.</param>
    public static (Backup Point, DrillChoice Choice) Choose(DrillId drill, IReadOnlyList<Backup> points, DrillChoice? last)
    {
        if (last != DrillChoice.Newest || points.Count == 1)
        {
            return (points[0], DrillChoice.Newest);
        }

        var number = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(drill.Value.ToByteArray(bigEndian: true)));
        return (points[1 + (int)(number % (ulong)(points.Count - 1))], DrillChoice.Older);
    }
}
