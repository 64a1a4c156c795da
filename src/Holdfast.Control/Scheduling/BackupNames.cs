using System.Buffers.Binary;

namespace Holdfast.Control.Scheduling;

/// <summary>Names of automatic backups: <c>autobk_</c> and four hex digits.</summary>
internal static class BackupNames
{
    /// <summary>A name that the volume's backups do not have, as long as one of the 65,536 is free. Comes from the task's id, which is
    /// random.</summary>
    public static string Make(BackupTaskId task, IReadOnlySet<string> taken)
    {
        Span<byte> id = stackalloc byte[16];
        task.Value.TryWriteBytes(id);
        var number = BinaryPrimitives.ReadUInt16LittleEndian(id[14..]);
        for (var tries = 0; tries < 65536; tries++)
        {
            var name = $"autobk_{number:x4}";
            if (!taken.Contains(name))
            {
                return name;
            }

            number = unchecked((ushort)(number + 1));
        }

        return $"autobk_{number:x4}";
    }
}
