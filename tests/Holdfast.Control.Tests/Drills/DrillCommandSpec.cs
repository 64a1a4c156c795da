using Holdfast.Control.Drills;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;

namespace Holdfast.Control.Tests.Drills;

/// <summary>A program that looks at the restored file: real programs on real files.</summary>
public abstract class DrillCommandSpec : DrillFlow
{
    [Fact]
    public async Task The_command_sees_the_volume_s_bytes_and_the_file_is_gone_afterwards()
    {
        await BackUpAsync(await AddPolicyAsync());
        World.UpkeepOptions.DrillCommand = $"/usr/bin/cmp {VolumeFile} {{}}";

        var drill = await DrillAsync();

        Assert.Equal((DrillState.Proven, 1_000_000L), (drill.State, drill.Verified!.BytesVerified));
        Assert.Equal(new DrillCommandResult(World.UpkeepOptions.DrillCommand, 0, ""), drill.Command);
        Assert.Empty(Left());
    }

    /// <summary>Output and errors are two pipes, and what is read first of two is nobody's choice: all comes through one of them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_the_command_refuses_is_not_proven_though_every_byte_is_whole(int pipe)
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        World.UpkeepOptions.DrillCommand =
            $"{Script($"{{ echo early; seq 1 5000; echo the end is wrong; }} >&{pipe}; exit 4")} {{}}";

        var drill = await DrillAsync();

        Assert.Equal((DrillState.Rejected, 4), (drill.State, drill.Command!.ExitCode));
        Assert.EndsWith("the end is wrong", drill.Command.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("early", drill.Command.Output, StringComparison.Ordinal);
        Assert.InRange(drill.Command.Output.Length, 100, OutputTail.Size);
        Assert.Contains("code 4", drill.Reason, StringComparison.Ordinal);
        Assert.True((await World.Backups.FindAsync(Project, backup, Cancel))!.LastVerdict!.IsOk);
        Assert.Null((await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.ProvenAt);
        Assert.Empty(Left());
    }

    [Fact]
    public async Task A_command_that_is_not_there_proves_and_refutes_nothing()
    {
        await BackUpAsync(await AddPolicyAsync());
        World.UpkeepOptions.DrillCommand = $"{Folder["missing"]} {{}}";

        var drill = await DrillAsync();

        Assert.Equal((DrillState.Failed, (int?)null), (drill.State, drill.Command!.ExitCode));
        Assert.Contains("cannot be started", drill.Reason, StringComparison.Ordinal);
        Assert.NotNull(drill.Verified);
        Assert.Empty(Left());
    }

    [Fact]
    public async Task The_command_knows_nothing_of_the_service_s_environment()
    {
        await BackUpAsync(await AddPolicyAsync());
        Environment.SetEnvironmentVariable("HOLDFAST_DRILL_SECRET", "do not tell");
        World.UpkeepOptions.DrillCommand = $"{Script("env; exit 0")} {{}}";

        var drill = await DrillAsync();

        Assert.Equal(DrillState.Proven, drill.State);
        Assert.Contains("PATH=", drill.Command!.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("do not tell", drill.Command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_does_not_end_is_stopped_with_what_it_began()
    {
        await BackUpAsync(await AddPolicyAsync());
        World.UpkeepOptions.DrillCommandMinutes = 5;
        var pid = Folder["pid"];
        World.UpkeepOptions.DrillCommand = $"{Script($"sleep 3600 & echo $! > {pid}.part; mv {pid}.part {pid}; wait")} {{}}";
        var ordered = await OrderAsync(Volume.Id);
        var running = RunAsync();
        while (!File.Exists(pid))
        {
            Assert.False(running.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }

        Bed.Clock.Advance(TimeSpan.FromMinutes(5));
        await running;

        var drill = await ShowAsync(ordered.Id);
        Assert.Equal((DrillState.Failed, (int?)null), (drill.State, drill.Command!.ExitCode));
        Assert.Contains("5 minutes", drill.Reason, StringComparison.Ordinal);
        await EndedAsync(File.ReadAllText(pid).Trim());
        Assert.Empty(Left());
    }

    [Fact]
    public async Task The_file_of_a_drill_whose_process_died_is_removed_by_the_next_and_no_other_is()
    {
        await BackUpAsync(await AddPolicyAsync());
        Directory.CreateDirectory(World.VolumeOptions.Folder);
        var left = Path.Combine(World.VolumeOptions.Folder, $"drill-{DrillId.New(Bed.Clock)}.img");
        var theirs = Path.Combine(World.VolumeOptions.Folder, "drill-notes.img");
        foreach (var path in (string[])[left, left + ".holdfast-partial", theirs])
        {
            await File.WriteAllTextAsync(path, "x", Cancel);
        }

        Assert.Equal(DrillState.Proven, (await DrillAsync()).State);
        Assert.Equal([theirs], Directory.GetFiles(World.VolumeOptions.Folder));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_fails_the_drill_and_says_nothing_of_the_backup()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        World.UpkeepOptions.DrillCommand = "/bin/true {}";
        World.UpkeepOptions.DrillFolder = Folder["nowhere"];

        var drill = await DrillAsync();

        Assert.Equal(DrillState.Failed, drill.State);
        Assert.Contains(Folder["nowhere"], drill.Reason, StringComparison.Ordinal);
        Assert.Null((await World.Backups.FindAsync(Project, backup, Cancel))!.LastVerdict);
        Assert.False(Directory.Exists(Folder["nowhere"]));
    }

    /// <summary>Waits for the end of what was killed. It dies when the kernel comes to it; one that was not killed sleeps for an
    /// hour.</summary>
    private static async Task EndedAsync(string pid)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        late.CancelAfter(TimeSpan.FromMinutes(5));
        while (IsThere(pid))
        {
            Assert.False(late.IsCancellationRequested, "The command's child lives on.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    /// <summary>What was killed and is not yet waited for by its new parent is a zombie.</summary>
    private static bool IsThere(string pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<Drill> DrillAsync()
    {
        var ordered = await OrderAsync(Volume.Id);
        await RunAsync();
        return await ShowAsync(ordered.Id);
    }

    private string Script(string body)
    {
        var path = Folder.File("look.sh", System.Text.Encoding.UTF8.GetBytes($"#!/bin/sh\n{body}\n"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private string[] Left() => Directory.Exists(World.VolumeOptions.Folder) ? Directory.GetFiles(World.VolumeOptions.Folder) : [];
}

public sealed class DrillCommandOnSqlite(CatalogTemplates templates) : DrillCommandSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}
