using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Backups;

/// <summary>A project with a volume that is a real file, a real engine and a real catalog.</summary>
public abstract class FlowSpec : CatalogSpec
{
    private TempFolder _folder = null!; // made in OpenedAsync: a test that is skipped before makes none

    internal World World { get; private set; } = null!; // made in OpenedAsync

    internal MemoryObjectStore Store { get; } = new();

    protected TempFolder Folder => _folder;

    protected ProjectId Project { get; private set; }

    protected string VolumeFile { get; private set; } = "";

    protected Volume Volume { get; private set; } = null!; // made in OpenedAsync

    /// <summary>Null for as long as it takes.</summary>
    protected virtual TimeSpan? FilePatience => null;

    protected override async ValueTask OpenedAsync()
    {
        _folder = new TempFolder();
        World = await World.OpenAsync(Bed, Store, _folder.FullPath, Cancel, FilePatience);
        Project = await Bed.AddProjectAsync();
        VolumeFile = _folder.File("volume.img", Bytes(1_000_000, seed: 1));
        Volume = await World.AddVolumeAsync(Project, VolumeFile, Cancel);
    }

    protected override async ValueTask CloseAsync()
    {
        await World.DisposeAsync();
        _folder.Dispose();
    }

    protected Task<Policy> AddPolicyAsync(int keep = 7) =>
        World.AddPolicyAsync(
            Project,
            new PolicyDraft
            {
                Name = "p",
                Enabled = true,
                Schedule = new Schedule { StartTime = "00:00", Frequency = 1 },
                Retention = new RetentionRule { Count = keep },
                Tags = new Dictionary<string, string> { ["stage"] = "prod" },
            },
            [Volume.Id],
            Cancel
        );

    protected async Task FireAsync(Policy policy) =>
        Assert.Equal(new FiringOutcome.Fired(1), await World.Firing.FireNowAsync(Project, policy.Id, Cancel));

    protected async Task<BackupId> BackUpAsync(Policy policy)
    {
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);
        var task = (await World.TasksAsync(policy, Cancel))[^1];
        Assert.True(task.Status == BackupTaskStatus.Success, task.Message);
        return task.Backup!.Value;
    }

    protected async Task RestoreAsync(BackupId backup, RestoreTarget target, bool overwrite)
    {
        Assert.IsType<RestoreBackupOutcome.Queued>(await World.Service.RestoreAsync(Project, backup, target, overwrite, Cancel));
        await World.RunJobsAsync(Cancel);
    }

    protected BackupOrder Order(string? name, string? description = null) =>
        new()
        {
            Volume = Volume.Id,
            Name = name,
            Description = description,
        };

    protected static BackupPage Page(int limit) => new() { Limit = limit };

    protected async Task<BackupStatus?> StatusAsync(BackupId id) => (await World.Backups.FindAsync(Project, id, Cancel))?.Status;

    protected async Task<VolumeStatus> VolumeStatusAsync() => (await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.Status;

    protected static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static void Change(string file, long at)
    {
        using var stream = File.OpenWrite(file);
        stream.Position = at;
        stream.Write(Bytes(100, seed: (int)at + 3));
    }
}
