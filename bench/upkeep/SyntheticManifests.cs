using System.Globalization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;

namespace Holdfast.Bench.Upkeep;

/// <summary>Restore points of which nobody backed anything up.</summary>
internal sealed class SyntheticManifests(RepositoryContext repository)
{
    private const int ZeroChunks = 16;

    /// <summary>Puts restore points of a hundredth as many volumes, each of zeros, with the labels that a service gives them.</summary>
    public Task FillAsync(long backups)
    {
        var volumes = Enumerable.Range(0, (int)Math.Max(1, backups / 100)).Select(_ => Guid.CreateVersion7()).ToArray();
        var project = Guid.NewGuid().ToString("N");
        return Parallel.ForEachAsync(
            Enumerable.Range(0, (int)backups),
            async (i, _) =>
            {
                var volume = volumes[i % volumes.Length];
                var labels = new Dictionary<string, string>
                {
                    ["project_id"] = project,
                    ["volume_id"] = volume.ToString(),
                    ["volume_name"] = $"volume {i % volumes.Length}",
                    ["name"] = $"backup {i}",
                    ["tags"] = "{\"made\":\"by a benchmark\"}",
                    ["created_at"] = (1_767_225_600_000 + i).ToString(CultureInfo.InvariantCulture),
                };
                await PutAsync(volume.ToString(), 1 + (i / volumes.Length), ZeroChunks, new string('0', 64), levels: 1, labels);
            }
        );
    }

    /// <param name="number">Of the restore point among those of its volume, from 1.</param>
    /// <param name="root">64 hex digits.</param>
    public async Task PutAsync(
        string volume,
        long number,
        long chunks,
        string root,
        int levels,
        IReadOnlyDictionary<string, string>? labels = null
    )
    {
        var now = repository.Clock.GetUtcNow();
        var size = chunks * repository.ChunkSize;
        var manifest = new Manifest
        {
            Id = new BackupId(Guid.CreateVersion7(now)),
            Volume = volume,
            Source = $"/nowhere/{volume}",
            VolumeSize = size,
            ChunkSize = repository.ChunkSize,
            StartedAt = now,
            FinishedAt = now,
            Consistency = Consistency.AtRest,
            Number = number,
            ChangesFound = ChangesFound.Reading,
            Figures = new BackupFigures
            {
                BytesRead = size,
                BytesNew = 0,
                BytesStored = 0,
                ChunksTotal = chunks,
                ChunksZero = 0,
                ChunksNew = 0,
                ChunksChanged = 0,
            },
            Labels = labels ?? new Dictionary<string, string>(),
            Root = root,
            Levels = levels,
        };
        var sealedBytes = SealedObject.Seal(repository.Keys, SealedType.Manifest, manifest.Id.Value, ManifestDocument.Write(manifest));
        await repository.Store.PutIfAbsentAsync(ObjectNames.OfManifest(manifest.Id), new(sealedBytes), CancellationToken.None);
    }
}
