using System.Runtime.InteropServices;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects;

/// <summary>A store whose prefixes are folders of a file system, which tells when an object came into one or went.</summary>
public interface IFolderStore
{
    /// <summary>The folders' states now, in the order that they were asked for; null for a folder that is not there.</summary>
    /// <param name="prefixes">Whole segments, each with a slash at its end.</param>
    /// <exception cref="Basics.HoldfastException"><see cref="Basics.FailureKind.Unavailable"/> when they cannot be looked at.</exception>
    FolderState?[] FindFolderStates(IReadOnlyList<string> prefixes);
}

/// <summary>What a folder was at one moment. A folder that lost or got an entry is in another state; what became of an entry's content
/// does not show.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FolderState
{
    private readonly ulong _device;
    private readonly ulong _inode;
    private readonly FileTime _modified;
    private readonly FileTime _changed;

    /// <summary>Whether the file system writes times down finer than by the millisecond: then they move at least with the kernel's ticks,
    /// which are a hundredth of a second at the longest. One time in a thousand tells nothing.</summary>
    public bool HasFineTimes => _changed.Nanoseconds % 1_000_000 != 0;

    internal FolderState(in FileFacts facts) =>
        (_device, _inode, _modified, _changed) = (facts.Device, facts.Inode, facts.Modified, facts.Changed);
}
