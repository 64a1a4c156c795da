using System.Text.Json;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Work;

namespace Holdfast.Control.Exports;

/// <summary>Writes the catalog to the repository. What an attempt that died leaves, the next export removes.</summary>
internal sealed class ExportHandler(CatalogExporter exporter) : IJobHandler
{
    public JobKind Kind => JobKind.Export;

    public string FailureCode => TaskCodes.NotHandedOver;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        var head = await exporter.RunAsync(cancel);
        var figures = new ExportFigures(head.Era, head.Number, head.Parts.Count, head.Parts.Sum(part => part.Bytes));
        lines.Info(
            $"Export {head.Name} is in the repository: {head.Parts.Sum(part => part.Bytes)} bytes in {head.Parts.Count} parts.",
            ("era", head.Era),
            ("number", head.Number)
        );
        return new JobOutcome.Done(
            (_, _) => Task.CompletedTask,
            Figures: JsonSerializer.Serialize(figures, ExportLineJson.Default.ExportFigures)
        );
    }

    public Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel) => Task.CompletedTask;
}
