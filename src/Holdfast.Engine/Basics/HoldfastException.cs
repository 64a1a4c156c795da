namespace Holdfast.Engine.Basics;

/// <summary>What kind of trouble a <see cref="HoldfastException"/> is. Callers decide on this, never on the message.</summary>
public enum FailureKind
{
    /// <summary>A named object, backup or device does not exist.</summary>
    NotFound,

    /// <summary>Something of that name exists already.</summary>
    AlreadyExists,

    /// <summary>What was asked for cannot be done as asked; nothing was changed.</summary>
    Refused,

    /// <summary>Stored bytes are not what was written: a failed seal, checksum, length or structure.</summary>
    Corrupted,

    /// <summary>The key or passphrase does not open this repository.</summary>
    WrongKey,

    /// <summary>Written by a newer version than this one reads.</summary>
    UnsupportedVersion,

    /// <summary>The store or device did not answer; a later attempt may succeed.</summary>
    Unavailable,

    /// <summary>The repository is not where it was: its folder is not there, or holds another. It goes on by itself when it is
    /// back.</summary>
    RepositoryAway,

    /// <summary>No space left, or a quota of the file system reached.</summary>
    NoSpace,

    /// <summary>A device cannot be opened or read.</summary>
    DeviceUnreadable,

    /// <summary>A device shrank, grew or vanished while it was read.</summary>
    DeviceChanged,

    /// <summary>A device or repository is in use by somebody else.</summary>
    Busy,

    /// <summary>A device or store could not be written.</summary>
    WriteFailed,
}

/// <summary>A broken world or a refusal that the caller is to be told of. The message names the thing, the value and the way out.</summary>
public sealed class HoldfastException : Exception
{
    public HoldfastException(FailureKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    public FailureKind Kind { get; }

    /// <summary>Whether the same call may succeed later without anybody changing anything.</summary>
    public bool IsTransient => Kind is FailureKind.Unavailable or FailureKind.RepositoryAway or FailureKind.Busy;
}
