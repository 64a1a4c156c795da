using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Posix;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Devices;

/// <summary>Backups of block devices whose file systems are mounted and were written to a moment ago.</summary>
public sealed class LiveDeviceTests : IAsyncLifetime
{
    private readonly TempFolder _temp = new();
    private readonly TaskCompletionSource _never = new();
    private TestRepository? _repository;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestRepository Repository => _repository ?? throw new InvalidOperationException("made before each test");

    public async ValueTask InitializeAsync() => _repository = await TestRepository.MakeAsync();

    public async ValueTask DisposeAsync()
    {
        _never.TrySetResult();
        await Repository.DisposeAsync();
        _temp.Dispose();
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task What_was_written_a_moment_ago_is_in_the_backup_of_a_mounted_disk_each_time(string kind)
    {
        Manifest first;
        Manifest second;
        using (var loop = LoopDevice.Over(_temp.SparseFile("disk", 320 << 20)))
        using (Mounted.Made(kind, loop.Path, _temp["mount"]))
        {
            first = await BackUpAfterWritingAsync(loop.Path, "mount", "first");
            second = await BackUpAfterWritingAsync(loop.Path, "mount", "second", first);
        }

        Forget(kind);
        await AssertHoldsFilesAsync(kind, first, ["first"]);
        await AssertHoldsFilesAsync(kind, second, ["first", "second"]);
    }

    [Fact]
    public async Task What_was_written_a_moment_ago_is_in_the_backup_of_a_whole_disk_with_partitions()
    {
        Manifest first;
        Manifest second;
        using (var loop = LoopDevice.Over(PartitionedImage(), "--partscan"))
        using (Mounted.Made("ext4", loop.Partition(1), _temp["one"]))
        using (Mounted.Made("xfs", loop.Partition(2), _temp["two"]))
        {
            File.WriteAllBytes(_temp["two", "first"], Bytes("first"));
            first = await BackUpAfterWritingAsync(loop.Path, "one", "first");
            File.WriteAllBytes(_temp["two", "second"], Bytes("second"));
            second = await BackUpAfterWritingAsync(loop.Path, "one", "second", first);

            await using var partition = DeviceAddress.Parse(loop.Partition(1)).OpenForReading();
            var its = partition.Identity();
            Assert.NotNull(its?.PartitionUuid);
            Assert.StartsWith("ext ", its.FileSystemUuid, StringComparison.Ordinal);
            Assert.StartsWith("gpt ", second.Device?.FileSystemUuid, StringComparison.Ordinal);
        }

        foreach (var (manifest, names) in ((Manifest, string[])[])[(first, ["first"]), (second, ["first", "second"])])
        {
            using var loop = LoopDevice.Over(await RestoreAsync(manifest), "--partscan");
            using (Mounted.Again("ext4", loop.Partition(1), _temp["restored"]))
                AssertFiles(names);
            using (Mounted.Again("xfs", loop.Partition(2), _temp["restored"]))
                AssertFiles(names);
        }
    }

    [Fact]
    public async Task What_was_written_a_moment_ago_is_in_the_backup_of_a_file_that_is_mounted()
    {
        Manifest first;
        using (var loop = LoopDevice.Over(_temp.SparseFile("disk", 64 << 20)))
        using (Mounted.Made("ext4", loop.Path, _temp["mount"]))
            first = await BackUpAfterWritingAsync(_temp["disk"], "mount", "first");

        await AssertHoldsFilesAsync("ext4", first, ["first"]);
    }

    [Fact]
    public async Task A_disk_that_nobody_writes_to_is_at_rest_and_one_that_is_written_to_is_live()
    {
        using var loop = LoopDevice.Over(_temp.File("disk", Bytes("disk")));
        Assert.Equal(Consistency.AtRest, (await BackUpAsync(loop.Path)).Consistency);

        await using var device = DeviceAddress.Parse(loop.Path).OpenForReading();
        var live = await Repository.BackupAsync(new WrittenWhileRead(device, loop.Path));

        Assert.Equal(Consistency.Live, live.Consistency);
        Assert.Equal(Consistency.AtRest, (await BackUpAsync(loop.Path)).Consistency);
    }

    [Fact]
    public async Task A_file_that_nobody_writes_to_is_at_rest()
    {
        var path = _temp.File("disk", Bytes("disk"));
        await using var device = DeviceAddress.Parse(path).OpenForReading();
        Assert.SkipUnless(Libc.Open(path, Libc.ReadOnly, out var file) == Errno.Ok, "the file cannot be opened");
        using (file)
            Assert.SkipUnless(FileDeviceStamp.IsTrusted(file), "this file system's times are not trusted");

        Assert.Equal(Consistency.AtRest, (await Repository.BackupAsync(device)).Consistency);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public async Task A_volume_whose_file_system_dies_after_it_was_opened_is_no_backup(string kind)
    {
        using var loop = LoopDevice.Over(_temp.SparseFile("disk", 320 << 20));
        using var mounted = Mounted.Made(kind, loop.Path, _temp["mount"]);
        var path = Path.Combine(_temp["mount"], "image");
        await File.WriteAllBytesAsync(path, Bytes("image"), Cancel);
        await using var device = DeviceAddress.Parse(path).OpenForReading();
        mounted.Kill();

        var e = await Assert.ThrowsAsync<HoldfastException>(() => Repository.BackupAsync(device));

        Assert.Contains($"'{path}'", e.Message, StringComparison.Ordinal);
        Assert.Empty(await Repository.KeysAsync("manifests/"));
    }

    [Fact]
    public async Task A_file_system_that_does_not_answer_holds_up_no_other_and_is_not_asked_again()
    {
        var asked = 0;
        var answering = new ConcurrentBag<Thread>();
        using var begun = new CountdownEvent(3);
        int Answer(int errno)
        {
            answering.Add(Thread.CurrentThread);
            begun.Signal();
            return errno;
        }

        (string, Func<int>)[] calls =
        [
            (
                "the dead one",
                () =>
                {
                    Interlocked.Increment(ref asked);
                    begun.Signal();
                    _never.Task.Wait(Cancel);
                    return Errno.Ok;
                }
            ),
            ("the ill one", () => Answer(Errno.InputOutput)),
            ("the well one", () => Answer(Errno.Ok)),
        ];
        var clock = new FakeTimeProvider();

        var waiting = MountedSync.RunAsync(calls, Patience.Limit, clock, Cancel);

        // A thread ends after its answer is known. Only then is the time up, however slow the machine is.
        Assert.True(begun.Wait(Patience.Limit, Cancel), "not all were asked");
        Assert.All(answering, thread => Assert.True(thread.Join(Patience.Limit), "an answer was not taken"));
        clock.Advance(Patience.Limit);
        var first = await waiting.WaitAsync(Patience.Limit, Cancel);
        begun.Reset();
        var second = await MountedSync.RunAsync(calls, Patience.Limit, clock, Cancel).WaitAsync(Patience.Limit, Cancel);

        Assert.Equal(["the dead one does not answer to a sync", "the ill one could not be synced: Input/output error"], first);
        Assert.Equal(["the dead one still does not answer to an earlier sync", first[1]], second);
        Assert.Equal(1, asked);
    }

    private static byte[] Bytes(string name)
    {
        var bytes = new byte[3 << 20];
        new Random(name.Length).NextBytes(bytes);
        return bytes;
    }

    private static void Forget(string kind)
    {
        if (kind == "btrfs")
            Command.Try("btrfs", ["device", "scan", "--forget"], out _);
    }

    private string PartitionedImage()
    {
        var image = _temp.SparseFile("disk", 480 << 20);
        File.WriteAllText(_temp["table"], "label: gpt\nsize=64M\nsize=340M\n");
        Assert.SkipUnless(Command.Try("sh", ["-c", $"sfdisk -q '{image}' < '{_temp["table"]}'"], out var said), $"no sfdisk: {said}");
        return image;
    }

    private async Task<Manifest> BackUpAfterWritingAsync(string disk, string folder, string name, Manifest? parent = null)
    {
        // Without a sync: that is what this is about.
        File.WriteAllBytes(_temp[folder, name], Bytes(name));
        return await BackUpAsync(disk, parent);
    }

    private async Task<Manifest> BackUpAsync(string path, Manifest? parent = null)
    {
        await using var device = DeviceAddress.Parse(path).OpenForReading();
        return await Repository.BackupAsync(device, parent?.Id);
    }

    private async Task<string> RestoreAsync(Manifest manifest)
    {
        File.Delete(_temp["image"]);
        await using var target = DeviceAddress.Parse(_temp["image"]).OpenForWriting(manifest.VolumeSize, overwrite: false);
        await target.RunAsync(t => Repository.RestoreAsync(manifest, t), Cancel);
        return _temp["image"];
    }

    private async Task AssertHoldsFilesAsync(string kind, Manifest manifest, string[] names)
    {
        using (var loop = LoopDevice.Over(await RestoreAsync(manifest)))
        using (Mounted.Again(kind, loop.Path, _temp["restored"]))
            AssertFiles(names);

        Forget(kind);
    }

    private void AssertFiles(string[] names)
    {
        Assert.Equal(names, new DirectoryInfo(_temp["restored"]).GetFiles().Select(file => file.Name).Order());
        foreach (var name in names)
            Assert.True(Bytes(name).AsSpan().SequenceEqual(File.ReadAllBytes(_temp["restored", name])), name);
    }

    /// <summary>A disk that somebody else writes to, durably, before each read of it.</summary>
    private sealed class WrittenWhileRead(IBlockDevice disk, string path) : IBlockDevice
    {
        public string Name => disk.Name;

        public long Size => disk.Size;

        public ValueTask ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, "somebody else"u8, fileOffset: 4096);
            RandomAccess.FlushToDisk(file);
            return disk.ReadAsync(offset, into, cancel);
        }

        public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> from, CancellationToken cancel) =>
            disk.WriteAsync(offset, from, cancel);

        public ValueTask WriteZerosAsync(long offset, long length, CancellationToken cancel) =>
            disk.WriteZerosAsync(offset, length, cancel);

        public ValueTask FlushAsync(CancellationToken cancel) => disk.FlushAsync(cancel);

        public IEnumerable<Extent> Extents() => disk.Extents();

        public string? ContentStamp() => disk.ContentStamp();

        public void ThrowIfReplaced() => disk.ThrowIfReplaced();

        public DeviceIdentity? Identity() => disk.Identity();

        public ValueTask<IReadOnlyList<string>> SettleAsync(CancellationToken cancel) => disk.SettleAsync(cancel);

        public string? WriteMark() => disk.WriteMark();

        public ValueTask DisposeAsync() => disk.DisposeAsync();
    }
}
