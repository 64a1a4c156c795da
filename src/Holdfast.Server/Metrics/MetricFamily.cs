namespace Holdfast.Server.Metrics;

/// <summary>What a metric is called, is and means.</summary>
/// <param name="Name">As Prometheus has it: what is measured, with its unit at the end.</param>
/// <param name="Type"><c>gauge</c>, <c>counter</c> or <c>histogram</c>.</param>
/// <param name="Help">One line.</param>
internal sealed record MetricFamily(string Name, string Type, string Help, params string[] Labels);
