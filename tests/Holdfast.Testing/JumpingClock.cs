using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Testing;

/// <summary>A clock that can be set, as a machine's: what time it says changes, how much has passed does not.</summary>
public sealed class JumpingClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

    /// <summary>The base class counts ticks of the time that it says.</summary>
    public override long GetTimestamp() => base.GetTimestamp() - _ahead.Ticks;

    public void Jump(TimeSpan by) => _ahead += by;
}
