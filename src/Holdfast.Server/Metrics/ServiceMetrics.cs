using System.Text;
using Holdfast.Control.Jobs;
using Holdfast.Server.Vbs;

namespace Holdfast.Server.Metrics;

/// <summary>The metrics of all projects together.</summary>
internal static class ServiceMetrics
{
    public static void Write(MetricText text, CatalogFacts facts)
    {
        var service = facts.Service;
        text.Begin(MetricFamilies.Tasks);
        foreach (var (status, tasks) in service.Tasks)
        {
            text.Add(MetricText.LabelsOf("status", Encoding.UTF8.GetString(TaskStatusNames.Utf8Of(status))), tasks);
        }

        WriteQueues(text, facts);
        text.Begin(MetricFamilies.UpkeepSuccess);
        foreach (var end in service.Upkeep)
        {
            text.Add(KindOf(end.Kind), end.Succeeded ? 1 : 0);
        }

        text.Begin(MetricFamilies.UpkeepEnd);
        foreach (var end in service.Upkeep)
        {
            text.Add(KindOf(end.Kind), facts.AgeOf(end.EndedAt));
        }

        if (service.Prune is { } prune)
        {
            text.Begin(MetricFamilies.PruneEnd);
            text.Add(facts.AgeOf(prune.EndedAt));
            text.Begin(MetricFamilies.PruneFreed);
            text.Add(prune.Figures.BytesFreed);
            text.Begin(MetricFamilies.PruneMissing);
            text.Add(prune.Figures.ItemsMissing);
        }
    }

    private static void WriteQueues(MetricText text, CatalogFacts facts)
    {
        var queues = facts.Service.Queues.Select(queue => (Queue: queue, Labels: LaneOf(queue.Kind))).ToList();
        text.Begin(MetricFamilies.Queued);
        queues.ForEach(one => text.Add(one.Labels, one.Queue.Queued));
        text.Begin(MetricFamilies.Running);
        queues.ForEach(one => text.Add(one.Labels, one.Queue.Running));
        text.Begin(MetricFamilies.OldestQueued);
        foreach (var (queue, labels) in queues)
        {
            if (queue.OldestQueuedAt is { } at)
            {
                text.Add(labels, facts.AgeOf(at));
            }
        }
    }

    private static byte[] KindOf(JobKind kind) => MetricText.LabelsOf("kind", JobKindNames.Of(kind));

    private static byte[] LaneOf(JobKind kind) =>
        MetricText.LabelsOf("lane", kind.LaneOf().ToString().ToLowerInvariant(), "kind", JobKindNames.Of(kind));
}
