namespace Holdfast.Engine.Basics;

/// <summary>Modes of what nobody but its owner may read, from its first byte on.</summary>
public static class OwnerOnly
{
    /// <summary>0600.</summary>
    public const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0700.</summary>
    public const UnixFileMode Folder = File | UnixFileMode.UserExecute;
}
