using Holdfast.Engine.Backup;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Restore;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Writes a backup into a file or device. What would be refused is refused before a byte is written.</summary>
internal static class OfflineRestore
{
    public static async Task RunAsync(RepositoryAt at, string id, string target, bool overwrite, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var manifest = await OfflineBackups.FindAsync(opened.Repository, id, cancel);
        var path = target.StartsWith("file://", StringComparison.Ordinal) ? new Uri(target).LocalPath : target;
        var figures = Exists(path)
            ? await IntoExistingAsync(opened, manifest, path, overwrite, cancel)
            : await IntoNewFileAsync(opened, manifest, path, cancel);
        if (json)
        {
            JsonOut.WriteObject(("id", manifest.Id.ToString()), ("target", path), ("volume_bytes", manifest.VolumeSize.ToString()));
            return;
        }

        Console.Out.WriteLine($"Backup {manifest.Id} is restored to {path}: {Text.Bytes(figures.BytesWritten)} written, {Text.Bytes(figures.BytesZero)} left as holes; every chunk was verified.");
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static async Task<RestoreFigures> IntoExistingAsync(OfflineRepository opened, Manifest manifest, string path, bool overwrite, CancellationToken cancel)
    {
        if (Directory.Exists(path))
        {
            throw new VerbFailedException($"'{path}' is a folder; name a file or a block device.");
        }

        if (!overwrite)
        {
            throw new VerbFailedException($"'{path}' exists. Give --overwrite to lose what it holds, or name a file that does not exist.");
        }

        await using var device = DeviceAddress.Parse(path).OpenForWriting();
        if (device.Size < manifest.VolumeSize)
        {
            throw new VerbFailedException($"'{path}' has {device.Size} bytes, the backup {manifest.VolumeSize}: too small. Nothing was written.");
        }

        return await WriteAsync(opened, manifest, device, targetIsZero: false, cancel);
    }

    // Under another name until it is whole, so that a file of the wanted name is never half a volume.
    private static async Task<RestoreFigures> IntoNewFileAsync(OfflineRepository opened, Manifest manifest, string path, CancellationToken cancel)
    {
        var partial = $"{path}.{manifest.Id}.partial";
        try
        {
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.SetLength(manifest.VolumeSize);
            }

            RestoreFigures figures;
            await using (var device = DeviceAddress.Parse(partial).OpenForWriting())
            {
                figures = await WriteAsync(opened, manifest, device, targetIsZero: true, cancel);
            }

            File.Move(partial, path, overwrite: false);
            return figures;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static async Task<RestoreFigures> WriteAsync(OfflineRepository opened, Manifest manifest, IBlockDevice device, bool targetIsZero, CancellationToken cancel)
    {
        using var line = new ProgressLine(TimeProvider.System);
        return await opened.Repository.RestoreAsync(manifest.Id, device, new RestoreOptions { TargetIsZero = targetIsZero }, new RestoreBar(line), cancel);
    }

    private sealed class RestoreBar(ProgressLine line) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
