using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Devices;

public sealed class RestoreTargetTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_new_file_appears_whole_when_the_restore_is_complete()
    {
        await using (var target = Open(_temp["new"], 1 << 20))
        {
            Assert.True(target.IsNew);
            Assert.True(target.IsZero);
            await target.Device.WriteAsync(4096, new byte[] { 1, 2, 3 }, Cancel);
            Assert.False(File.Exists(_temp["new"]));
            await target.CompleteAsync(Cancel);
        }

        var bytes = await File.ReadAllBytesAsync(_temp["new"], Cancel);
        Assert.Equal(1 << 20, bytes.Length);
        Assert.Equal([0, 1, 2, 3, 0], bytes[4095..4100]);
        Assert.Equal([_temp["new"]], Directory.EnumerateFileSystemEntries(_temp.FullPath));
    }

    [Fact]
    public async Task A_restore_into_a_new_file_that_fails_leaves_nothing_and_says_so()
    {
        await using var target = Open(_temp["new"], 1 << 20);

        var e = await Assert.ThrowsAsync<HoldfastException>(() =>
            target.RunAsync<int>(
                async t =>
                {
                    await t.Device.WriteAsync(0, new byte[4096], Cancel);
                    throw new HoldfastException(FailureKind.Corrupted, "Pack 7 is damaged.");
                },
                Cancel
            )
        );

        Assert.Equal(FailureKind.Corrupted, e.Kind);
        Assert.Equal($"Pack 7 is damaged. The half-written file for '{_temp["new"]}' was removed.", e.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temp.FullPath));
    }

    [Fact]
    public async Task A_restore_that_is_cancelled_leaves_nothing()
    {
        await using (var target = Open(_temp["new"], 1 << 20))
            await Assert.ThrowsAsync<OperationCanceledException>(() =>
                target.RunAsync<int>(_ => throw new OperationCanceledException(), Cancel)
            );

        Assert.Empty(Directory.EnumerateFileSystemEntries(_temp.FullPath));
    }

    [Fact]
    public async Task A_restore_into_an_existing_file_that_fails_says_what_the_file_is_now()
    {
        await using var target = Open(_temp.File("old", new byte[4096]), 4096, overwrite: true);

        var e = await Assert.ThrowsAsync<HoldfastException>(() =>
            target.RunAsync<int>(_ => throw new HoldfastException(FailureKind.Corrupted, "Pack 7 is damaged."), Cancel)
        );

        Assert.Contains("a part of what it held before", e.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(_temp["old"]));
    }

    [Fact]
    public async Task What_a_restore_that_died_has_left_is_taken_over()
    {
        _temp.File("new.holdfast-partial", [1, 2, 3]);

        await using (var target = Open(_temp["new"], 10))
            await target.CompleteAsync(Cancel);

        Assert.Equal(new byte[10], await File.ReadAllBytesAsync(_temp["new"], Cancel));
    }

    [Fact]
    public async Task Two_restores_into_one_new_file_do_not_run_at_once()
    {
        await using var first = Open(_temp["new"], 10);

        AssertRefused(FailureKind.Busy, "Another restore", _temp["new"], 10);

        await first.CompleteAsync(Cancel);
        Assert.True(File.Exists(_temp["new"]));
    }

    [Fact]
    public async Task A_name_that_was_taken_while_the_restore_ran_is_left_alone()
    {
        await using var target = Open(_temp["new"], 10);
        _temp.File("new", [7]);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await target.CompleteAsync(Cancel));

        Assert.Equal(FailureKind.AlreadyExists, e.Kind);
        Assert.Equal([7], await File.ReadAllBytesAsync(_temp["new"], Cancel));
    }

    [Fact]
    public void A_target_that_cannot_take_the_backup_is_refused_untouched()
    {
        _temp.File("small", [1, 2, 3]);
        _temp.File("full", new byte[4096]);
        _temp.SparseFile("sparse and small", 4095);
        File.CreateSymbolicLink(_temp["dangling"], "nowhere");

        AssertRefused(FailureKind.Refused, "has 3 bytes and the backup 4096", _temp["small"], 4096, overwrite: true);
        AssertRefused(FailureKind.Refused, "does not fit", _temp["sparse and small"], 4096, overwrite: true);
        AssertRefused(FailureKind.Refused, "may be overwritten", _temp["full"], 4096);
        AssertRefused(FailureKind.Refused, "is a folder", _temp.FullPath, 1, overwrite: true);
        AssertRefused(FailureKind.Refused, "is a character device", "/dev/null", 1, overwrite: true);
        AssertRefused(FailureKind.Refused, "symbolic link", _temp["dangling"], 1, overwrite: true);
        AssertRefused(FailureKind.NotFound, "There is no folder", _temp["no folder", "new"], 1);

        Assert.Equal([1, 2, 3], File.ReadAllBytes(_temp["small"]));
        Assert.Equal(4, Directory.EnumerateFileSystemEntries(_temp.FullPath).Count());
    }

    [Fact]
    public void A_new_file_in_a_folder_that_is_read_only_is_refused_with_the_folder_and_what_may_make_it_so()
    {
        using var mounted = Mounted.Tmpfs(_temp["shut"], "size=1m");
        mounted.MakeReadOnly();

        AssertRefused(FailureKind.WriteFailed, $"'{_temp["shut"]}' is read-only", _temp["shut", "new"], 1);
        AssertRefused(FailureKind.WriteFailed, "ReadWritePaths=", _temp["shut", "new"], 1);
    }

    [Fact]
    public async Task An_existing_file_is_written_in_place_when_confirmed_and_bytes_past_the_backup_are_left()
    {
        _temp.File("full", [1, 1, 1, 1, 1, 1]);

        await using (var target = Open(_temp["full"], 4, overwrite: true))
        {
            Assert.False(target.IsNew);
            Assert.False(target.IsZero);
            await target.Device.WriteAsync(0, new byte[] { 2, 2, 2, 2 }, Cancel);
            await target.CompleteAsync(Cancel);
        }

        Assert.Equal([2, 2, 2, 2, 1, 1], await File.ReadAllBytesAsync(_temp["full"], Cancel));
    }

    [Fact]
    public async Task A_file_that_is_all_hole_needs_no_confirmation()
    {
        _temp.SparseFile("sparse", 1 << 20);

        await using var target = Open(_temp["sparse"], 1 << 20);

        Assert.True(target.IsZero);
        Assert.False(target.IsNew);
    }

    [Fact]
    public void Checking_a_target_leaves_nothing_made()
    {
        _temp.File("full", new byte[16]);
        Check(_temp["new"], 16, overwrite: false);
        Check(_temp["full"], 16, overwrite: true);

        Assert.Throws<HoldfastException>(() => Check(_temp["full"], 16, overwrite: false));

        Assert.Equal([_temp["full"]], Directory.EnumerateFileSystemEntries(_temp.FullPath));
    }

    [Fact]
    public async Task A_file_that_is_open_somewhere_is_busy()
    {
        _temp.File("used", new byte[16]);
        Assert.Equal(Posix.Errno.Ok, Posix.Libc.Open(_temp["used"], Posix.Libc.ReadOnly, out var unlocked));
        using (unlocked)
            AssertRefused(FailureKind.Busy, $"process {Environment.ProcessId}", _temp["used"], 16, overwrite: true);

        using (File.OpenHandle(_temp["used"], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            AssertRefused(FailureKind.Busy, $"process {Environment.ProcessId}", _temp["used"], 16, overwrite: true);

        await using var target = Open(_temp["used"], 16, overwrite: true);
        Assert.False(target.IsNew);
    }

    [Fact]
    public void A_file_behind_a_loop_device_is_busy_and_the_device_is_named()
    {
        using var loop = LoopDevice.Over(_temp.SparseFile("image", 1 << 20));

        AssertRefused(FailureKind.Busy, $"backing file of {loop.Path}", _temp["image"], 16, overwrite: true);
    }

    [Fact]
    public void A_mounted_device_is_busy_and_the_mount_is_named()
    {
        using var loop = LoopDevice.Over(_temp.SparseFile("image", 8 << 20));
        using var mount = Mounted.Ext4(loop.Path, _temp["mount point"]);

        AssertRefused(FailureKind.Busy, $"mounted at '{_temp["mount point"]}'", loop.Path, 16, overwrite: true);
    }

    [Fact]
    public async Task A_device_is_refused_unless_confirmed_and_cannot_be_mounted_while_held()
    {
        using var loop = LoopDevice.Over(_temp.SparseFile("image", 8 << 20));
        Assert.True(Command.Try("mkfs.ext4", ["-q", "-F", loop.Path], out _));
        Directory.CreateDirectory(_temp["mount point"]);

        AssertRefused(FailureKind.Refused, "does not fit", loop.Path, (8 << 20) + 1, overwrite: true);
        AssertRefused(FailureKind.Refused, "may hold data", loop.Path, 8 << 20);
        await using var target = Open(loop.Path, 8 << 20, overwrite: true);

        Assert.False(target.IsZero);
        Assert.False(Command.Try("mount", [loop.Path, _temp["mount point"]], out _));
    }

    [Fact]
    public async Task A_new_file_is_for_its_owner_alone_even_where_an_old_partial_file_was_open_to_all()
    {
        _temp.File("new.holdfast-partial", [1]);
        File.SetUnixFileMode(_temp["new.holdfast-partial"], UnixFileMode.UserRead | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);

        foreach (var name in (string[])["new", "another"])
        {
            await using var target = Open(_temp[name], 10);
            await target.CompleteAsync(Cancel);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_temp[name]));
        }
    }

    [Fact]
    public void What_was_planted_where_the_file_would_grow_is_left_alone()
    {
        _temp.File("precious", [1, 2, 3]);
        File.CreateSymbolicLink(_temp["a.holdfast-partial"], _temp["precious"]);
        Assert.Equal(Posix.Errno.Ok, Posix.Libc.Link(_temp["precious"], _temp["b.holdfast-partial"]));
        Directory.CreateDirectory(_temp["c.holdfast-partial"]);

        AssertRefused(FailureKind.Refused, "is no regular file", _temp["a"], 10, overwrite: true);
        AssertRefused(FailureKind.Refused, "has 2 names", _temp["b"], 10, overwrite: true);
        AssertRefused(FailureKind.Refused, "is no regular file", _temp["c"], 10, overwrite: true);

        Assert.Equal([1, 2, 3], File.ReadAllBytes(_temp["precious"]));
    }

    [Theory]
    [InlineData("/dev/holdfast-no-such-device")]
    [InlineData("/dev/shm/holdfast-no-such-file")]
    [InlineData("/dev/../dev/disk/by-id/holdfast-no-such-device")]
    public void No_file_is_made_below_dev(string path)
    {
        AssertRefused(FailureKind.NotFound, "files are not made below /dev", path, 10, overwrite: true);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_file_is_not_made_below_dev_by_way_of_a_link()
    {
        File.CreateSymbolicLink(_temp["devices"], "/dev");

        AssertRefused(FailureKind.NotFound, "below /dev", _temp["devices", "holdfast-no-such-device"], 10);
        Assert.False(File.Exists("/dev/holdfast-no-such-device"));
    }

    [Fact]
    public void A_registered_device_that_is_missing_is_never_made_as_a_file()
    {
        var registered = new DeviceIdentity { Kind = DeviceKind.BlockDevice, Size = 10 };

        var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(_temp["disk"]).OpenForWriting(10, true, registered));

        Assert.Equal(FailureKind.NotFound, e.Kind);
        Assert.False(File.Exists(_temp["disk"]));
    }

    [Fact]
    public async Task A_registered_file_that_is_missing_is_made_only_on_the_file_system_that_it_was_on()
    {
        DeviceIdentity? registered;
        using (Mounted.Tmpfs(_temp["disks"], "size=1m"))
        {
            await using var device = DeviceAddress.Parse(_temp.File("disks/volume", [1])).OpenForReading();
            registered = device.Identity();
            File.Delete(_temp["disks", "volume"]);
            await using var target = DeviceAddress.Parse(_temp["disks", "volume"]).OpenForWriting(10, false, registered);
        }

        var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(_temp["disks", "volume"]).OpenForWriting(10, true, registered));

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temp["disks"]));
    }

    private static RestoreTarget Open(string path, long size, bool overwrite = false)
    {
        // A program that another test starts just now would have the target open.
        lock (Command.Starting)
        {
            return DeviceAddress.Parse(path).OpenForWriting(size, overwrite);
        }
    }

    private static void Check(string path, long size, bool overwrite)
    {
        lock (Command.Starting)
        {
            RestoreTarget.CheckAsync(DeviceAddress.Parse(path), size, overwrite).AsTask().GetAwaiter().GetResult();
        }
    }

    private static void AssertRefused(FailureKind kind, string words, string path, long size, bool overwrite = false)
    {
        var e = Assert.Throws<HoldfastException>(() => Open(path, size, overwrite));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Equal(kind, e.Kind);
    }
}
