namespace Holdfast.Engine.Tests;

/// <summary>How long tests wait for what must happen: a busy machine may stop a process for many seconds, and none stops it for so
/// long.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
}
