using Holdfast.Control.Catalog;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Volumes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>What a crash leaves beside the catalog.</summary>
public abstract class VolumeFileUpkeepSpec : FlowSpec
{
    private static readonly TimeSpan Long = VolumeFileUpkeep.LeftAlone + TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_file_of_no_volume_is_removed_when_it_is_old_and_holds_nothing()
    {
        var volume = await MakeAsync();
        var stray = Path.Combine(World.VolumeOptions.Folder, $"{VolumeId.New(Bed.Clock)}.img");
        var foreign = Path.Combine(World.VolumeOptions.Folder, "notes.txt");
        File.WriteAllBytes(stray, []);
        File.WriteAllText(foreign, "");
        await RunAsync();
        Assert.True(File.Exists(stray));
        Bed.Clock.Advance(Long);
        await RunAsync();
        Assert.Equal((false, true, true), (File.Exists(stray), File.Exists(foreign), File.Exists(FileOf(volume))));
    }

    /// <summary>The catalog may be a copy from before the volume was made.</summary>
    [Fact]
    public async Task A_file_of_no_volume_that_holds_data_is_left_alone()
    {
        var volume = await MakeAsync();
        File.WriteAllBytes(FileOf(volume), Bytes(100_000, seed: 2));
        await Bed.ExecuteAsync("DELETE FROM volume WHERE id = @id", new { id = volume.Id.ToString() });
        Bed.Clock.Advance(Long);
        await RunAsync();
        Assert.Equal(Bytes(100_000, seed: 2), File.ReadAllBytes(FileOf(volume)));
    }

    [Fact]
    public async Task A_deletion_that_was_not_finished_is_undone_while_the_row_is_there_and_finished_when_it_is_not()
    {
        var (kept, gone) = (await MakeAsync(), await MakeAsync());
        foreach (var volume in (Volume[])[kept, gone])
        {
            File.WriteAllBytes(FileOf(volume), Bytes(100_000, seed: 3));
            File.Move(FileOf(volume), $"{FileOf(volume)}.deleting-{Bed.Now.ToUnixTimeMilliseconds()}");
        }

        await Bed.ExecuteAsync("DELETE FROM volume WHERE id = @id", new { id = gone.Id.ToString() });
        await RunAsync();
        Assert.Equal(2, Directory.GetFiles(World.VolumeOptions.Folder, "*.deleting-*").Length);
        Bed.Clock.Advance(Long);
        await RunAsync();
        Assert.Equal([FileOf(kept)], Directory.GetFiles(World.VolumeOptions.Folder));
        Assert.Equal(Bytes(100_000, seed: 3), File.ReadAllBytes(FileOf(kept)));
    }

    [Fact]
    public async Task A_deletion_that_fails_leaves_the_volume_its_file()
    {
        var volume = await MakeAsync();
        await Bed.ExecuteAsync($"CREATE TRIGGER no_deletion BEFORE DELETE ON volume BEGIN SELECT RAISE(ABORT, 'no'); END");
        await Assert.ThrowsAnyAsync<Exception>(() => World.Removal.DeleteAsync(Project, volume.Id, Cancel));
        Assert.Equal([FileOf(volume)], Directory.GetFiles(World.VolumeOptions.Folder));
        Assert.NotNull(await World.Volumes.FindAsync(Project, volume.Id, Cancel));
    }

    /// <summary>A crash behind the commit: the row is gone, the file is not.</summary>
    [Fact]
    public async Task A_deletion_that_is_written_down_is_finished()
    {
        var (gone, kept) = (await MakeAsync(), await MakeAsync());
        File.WriteAllBytes(FileOf(gone), Bytes(100_000, seed: 4));
        await Bed.ExecuteAsync("DELETE FROM volume WHERE id = @id", new { id = gone.Id.ToString() });
        await Bed.ExecuteAsync(
            "INSERT INTO volume_file_removal (path, ordered_at) VALUES (@path, @now)",
            new { path = FileOf(gone), now = Bed.Now.ToUnixTimeMilliseconds() }
        );
        await RunAsync();
        Assert.Equal([FileOf(kept)], Directory.GetFiles(World.VolumeOptions.Folder));
        Assert.Empty(await Bed.Database.ReadAllAsync<string>("SELECT path FROM volume_file_removal", null, Cancel));
    }

    [Fact]
    public async Task A_file_that_cannot_be_removed_stays_written_down_until_it_can()
    {
        var volume = await MakeAsync();
        File.Delete(FileOf(volume));
        Directory.CreateDirectory(Path.Combine(FileOf(volume), "full"));
        Assert.Equal(RemoveVolumeOutcome.Removed, await World.Removal.DeleteAsync(Project, volume.Id, Cancel));
        Assert.Equal([FileOf(volume)], await Bed.Database.ReadAllAsync<string>("SELECT path FROM volume_file_removal", null, Cancel));
        Directory.Delete(FileOf(volume), recursive: true);
        File.WriteAllBytes(FileOf(volume), [1]);
        await RunAsync();
        Assert.Empty(Directory.GetFiles(World.VolumeOptions.Folder));
        Assert.Empty(await Bed.Database.ReadAllAsync<string>("SELECT path FROM volume_file_removal", null, Cancel));
    }

    private async Task<Volume> MakeAsync() =>
        await World.MakeAsync(Project, new NewVolume { Name = "made", SizeBytes = 1 << 20 }, Cancel);

    private static string FileOf(Volume volume) => new Uri(volume.Source).LocalPath;

    private async Task RunAsync()
    {
        using var upkeep = new VolumeFileUpkeep(
            Bed.Database,
            new VolumeFileRemovals(Bed.Database, NullLogger<VolumeFileRemovals>.Instance),
            Options.Create(World.VolumeOptions),
            Bed.Clock,
            NullLogger<VolumeFileUpkeep>.Instance
        );
        await upkeep.RunOnceAsync(Bed.Now, Cancel);
    }
}

public sealed class VolumeFileUpkeepOnSqlite(CatalogTemplates templates) : VolumeFileUpkeepSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}
