namespace Holdfast.Control.Sessions;

/// <summary>What a session does to the repository. The numbers are stored.</summary>
public enum SessionKind
{
    Writes = 1,
    Reads = 2,
    Prunes = 3,
}
