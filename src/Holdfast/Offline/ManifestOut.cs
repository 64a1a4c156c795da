using System.Text.Json;
using Holdfast.Engine.Manifests;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>A restore point as the offline verbs show it.</summary>
internal static class ManifestOut
{
    public static void WriteJson(Utf8JsonWriter json, Manifest manifest)
    {
        json.WriteStartObject();
        json.WriteString("id", manifest.Id.ToString());
        json.WriteString("volume", manifest.Volume);
        json.WriteString("source", manifest.Source);
        json.WriteNumber("volume_bytes", manifest.VolumeSize);
        json.WriteString("started_at", manifest.StartedAt.UtcDateTime);
        json.WriteString("finished_at", manifest.FinishedAt.UtcDateTime);
        json.WriteString("parent", manifest.Parent?.ToString());
        json.WriteString("consistency", manifest.Consistency);
        json.WriteNumber("chunk_bytes", manifest.ChunkSize);
        WriteFigures(json, manifest.Figures);
        json.WriteString("root", manifest.Root);
        json.WriteStartObject("labels");
        foreach (var (name, value) in manifest.Labels)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static string Summary(Manifest manifest)
    {
        var figures = manifest.Figures;
        var took = Text.Duration(manifest.FinishedAt - manifest.StartedAt);
        return $"Backup {manifest.Id} of {manifest.Source} ({Text.Bytes(manifest.VolumeSize)}) took {took}: "
            + $"{Text.Bytes(figures.BytesRead)} read, {Text.Bytes(figures.BytesNew)} new, {Text.Bytes(figures.BytesStored)} stored.";
    }

    private static void WriteFigures(Utf8JsonWriter json, BackupFigures figures)
    {
        json.WriteNumber("bytes_read", figures.BytesRead);
        json.WriteNumber("bytes_new", figures.BytesNew);
        json.WriteNumber("bytes_stored", figures.BytesStored);
        json.WriteNumber("chunks_total", figures.ChunksTotal);
        json.WriteNumber("chunks_zero", figures.ChunksZero);
        json.WriteNumber("chunks_new", figures.ChunksNew);
        json.WriteNumber("chunks_changed", figures.ChunksChanged);
    }
}
