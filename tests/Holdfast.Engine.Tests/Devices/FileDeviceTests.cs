using System.Net.Sockets;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Devices;

public sealed class FileDeviceTests : BlockDeviceSpec, IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    protected override IBlockDevice OpenWith(byte[] content) =>
        FileDevice.Open(_temp.File("volume", content), Posix.Libc.ReadWrite, TimeProvider.System);

    [Fact]
    public async Task The_file_systems_holes_are_told()
    {
        var path = _temp.SparseFile("volume", 64L << 20);
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, RandomBytes(1 << 20), 16 << 20);

        await using var device = Reading(path);

        var extents = device.Extents().ToList();
        Assert.SkipWhen(extents is [{ Kind: ExtentKind.Data }], "this file system tells of no holes");
        Assert.Equal(
            [new(0, 16 << 20, ExtentKind.Zero), new(16 << 20, 1 << 20, ExtentKind.Data), new(17 << 20, 47 << 20, ExtentKind.Zero)],
            extents
        );
    }

    [Fact]
    public async Task Zeros_become_holes()
    {
        var path = _temp.File("volume", RandomBytes(8 << 20));
        await using var device = FileDevice.Open(path, Posix.Libc.ReadWrite, TimeProvider.System);

        await device.WriteZerosAsync(1 << 20, 6 << 20, Cancel);

        Assert.Equal(
            [new(0, 1 << 20, ExtentKind.Data), new(1 << 20, 6 << 20, ExtentKind.Zero), new(7 << 20, 1 << 20, ExtentKind.Data)],
            device.Extents()
        );
    }

    [Fact]
    public void An_empty_file_is_no_source()
    {
        var path = _temp.File("volume", []);

        var e = Assert.Throws<HoldfastException>(() => Reading(path));

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Contains($"'{path}' is a file of 0 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_written_to_has_another_mark_and_one_that_is_left_alone_the_same()
    {
        var path = _temp.File("volume", RandomBytes(Size));
        await using var device = Reading(path);
        await device.SettleAsync(Cancel);
        var before = device.WriteMark();
        Assert.SkipWhen(before is null, "this file system's times are not trusted");

        Assert.Equal(before, device.WriteMark());
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, [1], 0);

        // Null, as the change is too fresh for a later one to show.
        Assert.NotEqual(before, device.WriteMark());
        await device.SettleAsync(Cancel);
        Assert.NotNull(device.WriteMark());
        Assert.NotEqual(before, device.WriteMark());
    }

    [Fact]
    public async Task A_file_that_shrinks_fails_the_read_with_both_sizes()
    {
        var path = _temp.File("volume", RandomBytes(Size));
        await using var device = Reading(path);
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, 5000);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await device.ReadAsync(4096, new byte[4096], Cancel));

        Assert.Equal(FailureKind.DeviceChanged, e.Kind);
        Assert.Contains("ended at 5000", e.Message, StringComparison.Ordinal);
        Assert.Contains($"expected {Size}", e.Message, StringComparison.Ordinal);
        Assert.Equal(FailureKind.DeviceChanged, Assert.Throws<HoldfastException>(device.ThrowIfReplaced).Kind);
    }

    [Fact]
    public async Task A_file_that_is_deleted_replaced_or_grown_is_no_longer_what_was_opened()
    {
        var path = _temp.File("volume", RandomBytes(Size));
        await using var device = Reading(path);

        await File.AppendAllTextAsync(path, "x", Cancel);
        Assert.Equal(FailureKind.DeviceChanged, Assert.Throws<HoldfastException>(device.ThrowIfReplaced).Kind);

        File.Move(_temp.File("other", RandomBytes(Size)), path, overwrite: true);
        Assert.Contains("replaced", Assert.Throws<HoldfastException>(device.ThrowIfReplaced).Message, StringComparison.Ordinal);

        File.Delete(path);
        Assert.Contains("vanished", Assert.Throws<HoldfastException>(device.ThrowIfReplaced).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_volume_is_refused_with_its_name_and_kind()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_temp["socket"]));
        Assert.SkipUnless(Command.Try("mkfifo", [_temp["pipe"]], out _), "mkfifo is not installed");

        foreach (
            var (path, kind, words) in (ReadOnlySpan<(string, FailureKind, string)>)
                [
                    (_temp.FullPath, FailureKind.Refused, "is a folder"),
                    ("/", FailureKind.Refused, "is a folder"),
                    (_temp["pipe"], FailureKind.Refused, "is a pipe"),
                    ("/dev/null", FailureKind.Refused, "is a character device"),
                    (_temp["socket"], FailureKind.Refused, "is a socket"),
                    (_temp["missing"], FailureKind.NotFound, "no file or device"),
                    (_temp["pipe", "below"], FailureKind.NotFound, "no file or device"),
                ]
        )
        {
            var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(path).OpenForReading());
            Assert.Equal((path, kind), (path, e.Kind));
            Assert.Contains(words, e.Message, StringComparison.Ordinal);
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_unreadable()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read everything");
        var path = _temp.File("volume", [1]);
        Assert.True(Command.Try("chmod", ["0", path], out _));

        var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(path).OpenForReading());

        Assert.Equal(FailureKind.DeviceUnreadable, e.Kind);
    }

    private static IBlockDevice Reading(string path) => DeviceAddress.Parse(path).OpenForReading();
}
