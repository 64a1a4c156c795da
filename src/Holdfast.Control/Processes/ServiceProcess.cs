namespace Holdfast.Control.Processes;

/// <summary>A process that works on the catalog, as it last said of itself.</summary>
/// <param name="Host">The machine's name and the number of the process there: <c>name:123</c>.</param>
/// <param name="SeenAt">By the database's clock.</param>
/// <param name="IsUp">Whether it was heard of within <see cref="ProcessStore.Silence"/>.</param>
/// <param name="IsThis">Whether it is the one that answers.</param>
public sealed record ServiceProcess(string Host, DateTimeOffset BeganAt, DateTimeOffset SeenAt, bool IsUp, bool IsThis);
