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
}
