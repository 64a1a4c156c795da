using System.Diagnostics;

namespace Holdfast.Engine.Basics;

/// <summary>Spans of what takes time, for whoever listens; where nobody does they are not even made.</summary>
public static class Tracing
{
    /// <summary>Of the source that the spans come from.</summary>
    public const string Name = "Holdfast";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>The span that this runs in, as a W3C <c>traceparent</c>, for work that is done later; null where nobody keeps it.</summary>
    public static string? Parent => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span ? span.Id : null;

    /// <summary>Begins a span; dispose it to end it.</summary>
    /// <param name="parent">A <see cref="Parent"/> of another time or process; null to go on where this runs.</param>
    public static Activity? Begin(string name, ActivityKind kind, string? parent = null) => Source.StartActivity(name, kind, parent);

    /// <summary>Says of the span that this runs in that it failed.</summary>
    public static void Fail(string why) => Activity.Current?.SetStatus(ActivityStatusCode.Error, why);
}
