using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Devices;

/// <summary>A real block device. Every test is skipped, by name, where none can be made.</summary>
public sealed class LoopDeviceTests : BlockDeviceSpec, IDisposable
{
    private readonly TempFolder _temp = new();
    private LoopDevice? _loop;

    public void Dispose()
    {
        _loop?.Dispose();
        _temp.Dispose();
    }

    protected override IBlockDevice OpenWith(byte[] content)
    {
        _loop = LoopDevice.Over(_temp.File("image", content));
        return FileDevice.Open(_loop.Path, Posix.Libc.ReadWrite, TimeProvider.System);
    }

    [Fact]
    public async Task A_block_device_is_all_data_has_no_stamp_and_its_own_name()
    {
        await using var opened = OpenWith(new byte[Size]);
        await using var device = DeviceAddress.Parse(opened.Name).OpenForReading();

        Assert.Equal([new Extent(0, Size, ExtentKind.Data)], device.Extents());
        Assert.Null(device.ContentStamp());
        Assert.Equal(opened.Name, DeviceAddress.Parse(device.Name).ToString());
    }

    [Fact]
    public async Task A_block_device_that_shrinks_fails_the_read_and_is_no_longer_what_was_opened()
    {
        await using var device = OpenWith(RandomBytes(Size));
        using (var image = File.OpenHandle(_temp["image"], FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(image, 512 * 1024);

        Assert.True(Command.Try("losetup", ["--set-capacity", device.Name], out _));

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await device.ReadAsync(Size - 4096, new byte[4096], Cancel));
        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Equal(FailureKind.DeviceChanged, Assert.Throws<HoldfastException>(device.ThrowIfReplaced).Kind);
    }

    [Fact]
    public async Task A_block_device_that_lost_its_medium_is_no_source()
    {
        await using var opened = OpenWith(new byte[Size]);

        // Not let go of: a device that nobody has is whoever's comes next, and has his medium.
        using (var image = File.OpenHandle(_temp["image"], FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(image, 0);

        Assert.True(Command.Try("losetup", ["--set-capacity", opened.Name], out _));

        var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(opened.Name).OpenForReading());

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Contains($"'{opened.Name}' is a block device of 0 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pieces_that_are_not_whole_blocks_of_4096_bytes_are_read_right()
    {
        const int Whole = (1 << 20) + 4096;
        var content = RandomBytes(Whole);
        using var loop = LoopDevice.Over(_temp.File("large blocks", content), "--sector-size", "4096");
        await using var device = DeviceAddress.Parse(loop.Path).OpenForReading();

        foreach (var (offset, length) in ((int, int)[])[(0, Whole), (1, 511), (Whole - 1, 1), (512, 4096), (4095, 70_000), (5, Whole - 5)])
        {
            var read = new byte[length];
            await device.ReadAsync(offset, read, Cancel);
            Assert.True(content.AsSpan(offset, length).SequenceEqual(read), $"{length} bytes at {offset}");
        }
    }

    [Fact]
    public void What_the_kernel_tells_of_a_device_is_found_by_its_number_and_without_the_list_of_numbers()
    {
        using var loop = LoopDevice.Over(_temp.File("image", new byte[Size]));
        Assert.Equal(Posix.Errno.Ok, Posix.Libc.Stat(loop.Path, out var facts));
        var number = BlockDeviceIdentity.Number(facts.DeviceItself);

        Assert.EndsWith(loop.Path["/dev".Length..], BlockDeviceIdentity.SystemFolder(number), StringComparison.Ordinal);
        Assert.Equal(BlockDeviceIdentity.SystemFolder(number), BlockDeviceIdentity.SystemFolderByName(number));
        Assert.Null(BlockDeviceIdentity.SystemFolderByName("4095:0"));
    }

    [Fact]
    public async Task What_is_written_beside_our_cache_is_read()
    {
        var path = _temp.File("image", new byte[Size]);
        _loop = LoopDevice.Over(path);
        await using var device = DeviceAddress.Parse(_loop.Path).OpenForReading();
        await AssertHoldsAsync(device, new byte[Size]);

        // A read through the cache of the device leaves it there; what comes to be behind the device does not show in it.
        _ = await File.ReadAllBytesAsync(_loop.Path, Cancel);
        var content = RandomBytes(Size);
        using (var image = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(image, content, 0);

        await AssertHoldsAsync(device, content);
    }

    [Fact]
    public async Task A_written_block_device_has_another_mark_and_one_that_is_left_alone_the_same()
    {
        await using var writing = OpenWith(new byte[Size]);
        await using var device = DeviceAddress.Parse(writing.Name).OpenForReading();
        Assert.Empty(await device.SettleAsync(Cancel));
        var before = device.WriteMark();
        Assert.NotNull(before);
        await AllOfAsync(device);

        Assert.Equal(before, device.WriteMark());
        await writing.WriteAsync(0, new byte[] { 1 }, Cancel);
        await writing.FlushAsync(Cancel);
        Assert.NotEqual(before, device.WriteMark());
    }

    [Fact]
    public async Task A_loop_device_with_another_file_behind_it_is_another_volume_even_a_copy()
    {
        var content = RandomBytes(Size);
        using var loop = LoopDevice.Over(_temp.File("one", content));
        var one = await IdentityOfAsync(loop.Path);
        Assert.Empty((await IdentityOfAsync(loop.Path)).DifferencesFrom(one));

        loop.Swap(_temp.File("two", content));
        var difference = Assert.Single((await IdentityOfAsync(loop.Path)).DifferencesFrom(one));
        Assert.Contains(_temp["one"], difference, StringComparison.Ordinal);
        Assert.Contains(_temp["two"], difference, StringComparison.Ordinal);

        // The file by another name is still the file, and what took its name is its heir.
        File.Move(_temp["one"], _temp["three"]);
        loop.Swap(_temp["three"]);
        Assert.Empty((await IdentityOfAsync(loop.Path)).DifferencesFrom(one));
        loop.Swap(_temp.File("one", content));
        Assert.Empty((await IdentityOfAsync(loop.Path)).DifferencesFrom(one));
    }

    [Fact]
    public async Task A_restore_into_another_disk_than_was_registered_is_refused_untouched()
    {
        var content = RandomBytes(Size);
        using var loop = LoopDevice.Over(_temp.File("one", content));
        var one = await IdentityOfAsync(loop.Path);
        loop.Swap(_temp.File("two", content));

        var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(loop.Path).OpenForWriting(Size, true, one));

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Contains("is not the volume that was registered", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ext4", "ext ")]
    [InlineData("xfs", "xfs ")]
    [InlineData("btrfs", "btrfs ")]
    [InlineData("swap", "swap ")]
    public async Task What_a_device_holds_is_told_by_its_kind_and_uuid(string kind, string expected)
    {
        using var loop = LoopDevice.Over(_temp.SparseFile("disk", 320 << 20));
        var tool = kind == "swap" ? "mkswap" : "mkfs." + kind;
        Assert.SkipUnless(Command.Try(tool, [loop.Path], out var said), $"{tool} cannot be run: {said}");

        var held = (await IdentityOfAsync(loop.Path)).FileSystemUuid;

        Assert.StartsWith(expected, held, StringComparison.Ordinal);
        if (Command.Try("blkid", ["-p", "-o", "value", "-s", "UUID", loop.Path], out var uuid))
            Assert.StartsWith(uuid.Trim(), held![expected.Length..], StringComparison.Ordinal); // Starts with what was expected.
    }

    private static async Task<DeviceIdentity> IdentityOfAsync(string path)
    {
        await using var device = DeviceAddress.Parse(path).OpenForReading();
        return device.Identity() ?? throw new InvalidOperationException("a block device has an identity");
    }
}
