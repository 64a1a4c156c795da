using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Devices;

public sealed class MemoryDeviceTests : BlockDeviceSpec
{
    protected override IBlockDevice OpenWith(byte[] content) => new MemoryDevice(content);

    [Fact]
    public async Task A_large_sparse_device_tells_what_was_written()
    {
        await using var device = new MemoryDevice(64L << 30);
        device.Poke((40L << 30) + 5, [1, 2, 3]);

        Assert.Equal(
            [
                new Extent(0, 40L << 30, ExtentKind.Zero),
                new Extent(40L << 30, MemoryDevice.PageSize, ExtentKind.Data),
                new Extent((40L << 30) + MemoryDevice.PageSize, (24L << 30) - MemoryDevice.PageSize, ExtentKind.Zero),
            ],
            device.Extents()
        );
    }

    [Fact]
    public async Task A_device_that_shrinks_during_a_read_fails_it()
    {
        await using var device = new MemoryDevice(1 << 20);
        device.BeforeRead = (offset, _) => device.ShrinkTo(offset);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await device.ReadAsync(4096, new byte[4096], Cancel));

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Equal(FailureKind.DeviceChanged, Assert.Throws<HoldfastException>(device.ThrowIfReplaced).Kind);
    }
}
