using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Engine.Tests.Devices;

/// <summary>What every device promises. See <see cref="IBlockDevice"/>.</summary>
public abstract class BlockDeviceSpec
{
    /// <summary>Not a multiple of any page or chunk, but of a sector.</summary>
    protected const int Size = (1 << 20) + (3 * 512);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A device that holds the content, which is a whole number of sectors.</summary>
    protected abstract IBlockDevice OpenWith(byte[] content);

    [Fact]
    public async Task Bytes_are_read_where_they_are()
    {
        var content = RandomBytes(Size);
        await using var device = OpenWith(content);

        Assert.Equal(Size, device.Size);
        foreach (
            var (offset, length) in ((int, int)[])[(0, 1), (1, 511), (65_535, 2), (4096, 700_000), (Size - 1, 1), (0, Size), (Size, 0)]
        )
        {
            var read = new byte[length];
            await device.ReadAsync(offset, read, Cancel);
            Assert.True(content.AsSpan(offset, length).SequenceEqual(read), $"{length} bytes at {offset}");
        }
    }

    [Theory]
    [InlineData(Size - 1, 2)]
    [InlineData(Size, 1)]
    [InlineData(1L << 40, 4096)]
    public async Task Reading_past_the_end_says_that_the_device_changed(long offset, int length)
    {
        await using var device = OpenWith(RandomBytes(Size));

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await device.ReadAsync(offset, new byte[length], Cancel));

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Contains($"expected {Size}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_written_is_read_back_and_its_neighbours_are_kept()
    {
        var content = RandomBytes(Size);
        await using var device = OpenWith(content);
        var patch = RandomBytes(100_003, seed: 2);

        await device.WriteAsync(65_000, patch, Cancel);
        await device.FlushAsync(Cancel);

        patch.CopyTo(content, 65_000);
        await AssertHoldsAsync(device, content);
    }

    [Theory]
    [InlineData(0, Size)]
    [InlineData(0, 65_536)]
    [InlineData(65_536, 131_072)]
    [InlineData(1, 4095)]
    [InlineData(4095, 2)]
    [InlineData(5000, 700_001)]
    [InlineData(Size - 513, 513)]
    [InlineData(77, 0)]
    public async Task A_zeroed_range_reads_as_zeros_and_its_neighbours_are_kept(int offset, int length)
    {
        var content = RandomBytes(Size);
        await using var device = OpenWith(content);

        await device.WriteZerosAsync(offset, length, Cancel);

        content.AsSpan(offset, length).Clear();
        await AssertHoldsAsync(device, content);
    }

    [Fact]
    public async Task Extents_cover_the_device_in_order_and_zero_ones_read_as_zeros()
    {
        var content = RandomBytes(Size);
        content.AsSpan(100_000, 600_000).Clear();
        await using var device = OpenWith(content);
        await device.WriteZerosAsync(0, 65_536, Cancel);

        var reached = 0L;
        foreach (var extent in device.Extents())
        {
            Assert.Equal(reached, extent.Offset);
            Assert.True(extent.Length > 0);
            reached += extent.Length;
            if (extent.Kind == ExtentKind.Zero)
            {
                var read = new byte[extent.Length];
                await device.ReadAsync(extent.Offset, read, Cancel);
                Assert.Equal(-1, read.AsSpan().IndexOfAnyExcept((byte)0));
            }
        }

        Assert.Equal(Size, reached);
    }

    [Fact]
    public async Task Ranges_are_written_and_read_by_many_at_once()
    {
        var content = RandomBytes(Size);
        await using var device = OpenWith(new byte[Size]);
        const int Piece = 10_007;

        await Parallel.ForAsync(
            0,
            (Size + Piece - 1) / Piece,
            Cancel,
            async (i, cancel) =>
            {
                var piece = content.AsMemory(i * Piece, Math.Min(Piece, Size - (i * Piece)));
                await device.WriteAsync(i * Piece, piece, cancel);
                var read = new byte[piece.Length];
                await device.ReadAsync(i * Piece, read, cancel);
                Assert.True(piece.Span.SequenceEqual(read));
            }
        );

        await AssertHoldsAsync(device, content);
    }

    [Fact]
    public async Task Nothing_is_read_or_written_once_cancelled()
    {
        var content = RandomBytes(Size);
        await using var device = OpenWith(content);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await device.ReadAsync(0, new byte[1], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await device.WriteAsync(0, new byte[1], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await device.WriteZerosAsync(0, 1, cancelled));

        await AssertHoldsAsync(device, content);
    }

    [Fact]
    public async Task A_device_that_stays_what_it_was_is_not_replaced()
    {
        await using var device = OpenWith(RandomBytes(Size));

        Assert.Null(Record.Exception(device.ThrowIfReplaced));
    }

    /// <summary>Says where the first difference is, not what megabytes of bytes were.</summary>
    protected static async Task AssertHoldsAsync(IBlockDevice device, byte[] content)
    {
        var all = await AllOfAsync(device);
        Assert.Equal(content.Length, all.AsSpan().CommonPrefixLength(content));
    }

    protected static byte[] RandomBytes(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static async Task<byte[]> AllOfAsync(IBlockDevice device)
    {
        var all = new byte[device.Size];
        await device.ReadAsync(0, all, Cancel);
        return all;
    }
}
