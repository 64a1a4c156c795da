namespace Holdfast.Running;

/// <summary>What scripts rely on. Never renumbered.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>Ended by Ctrl-C or SIGTERM, as a shell tells it of SIGINT.</summary>
    public const int Interrupted = 130;
}
