using System.IO.MemoryMappedFiles;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Posix;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Devices;

/// <summary>What the two seconds are for that a real stamp waits, these tests do by one tick of the clock that files are stamped
/// by.</summary>
public sealed class FileDeviceStampTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly string _path;
    private readonly FakeTimeProvider _clock;

    public FileDeviceStampTests()
    {
        _path = _temp.File("volume", new byte[100_000]);
        _clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1));
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void An_untouched_file_keeps_its_stamp_over_openings()
    {
        var stamp = StampOrSkip();

        Assert.Equal(stamp, Stamp());
    }

    [Fact]
    public void Every_way_of_changing_a_file_changes_its_stamp()
    {
        foreach (
            var (way, change) in (ReadOnlySpan<(string, Action)>)
                [
                    ("a write", () => WriteByte(0)),
                    ("a write that leaves the bytes as they are", () => WriteByte(0)),
                    (
                        "a write whose time of modification is set back",
                        () =>
                        {
                            var modified = File.GetLastWriteTimeUtc(_path);
                            WriteByte(1);
                            File.SetLastWriteTimeUtc(_path, modified);
                        }
                    ),
                    ("a new size", () => File.AppendAllText(_path, "x")),
                    ("another file in its place", () => File.Move(_temp.File("other", new byte[100_001]), _path, overwrite: true)),
                ]
        )
        {
            var stamp = StampOrSkip();
            FileClock.WaitForNextTick(_temp);
            change();
            Assert.False(stamp == Stamp(), way);
        }
    }

    [Fact]
    public void A_store_into_a_mapping_that_was_dirty_before_changes_the_stamp()
    {
        using var mapping = MemoryMappedFile.CreateFromFile(_path, FileMode.Open);
        using var view = mapping.CreateViewAccessor();
        view.Write(0, (byte)1);
        var stamp = StampOrSkip();
        FileClock.WaitForNextTick(_temp);

        view.Write(1, (byte)1);

        Assert.NotEqual(stamp, Stamp());
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1.9)]
    public void A_file_that_changed_just_now_or_in_the_future_has_no_stamp(double secondsSinceChange)
    {
        StampOrSkip();
        Assert.Equal(Errno.Ok, Libc.Stat(_path, out var facts));
        _clock.AdjustTime(facts.Changed.ToDateTimeOffset() + TimeSpan.FromSeconds(secondsSinceChange));

        Assert.Null(Stamp());
    }

    [Fact]
    public void A_file_that_settled_two_seconds_ago_has_a_stamp()
    {
        StampOrSkip();
        Assert.Equal(Errno.Ok, Libc.Stat(_path, out var facts));
        _clock.AdjustTime(facts.Changed.ToDateTimeOffset() + TimeSpan.FromSeconds(2));

        Assert.NotNull(Stamp());
    }

    [Fact]
    public void A_file_system_that_forgets_stores_into_mappings_has_no_stamps()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "there is no /dev/shm");
        using var temp = new TempFolder("/dev/shm");
        using var device = new Opened(temp.File("volume", new byte[4096]), _clock);

        Assert.Null(device.Stamp);
    }

    private string? Stamp()
    {
        using var device = new Opened(_path, _clock);
        return device.Stamp;
    }

    private string StampOrSkip()
    {
        var stamp = Stamp();
        Assert.SkipWhen(stamp is null, "the temporary folder is on a file system whose times are not trusted");
        return stamp;
    }

    private void WriteByte(byte value)
    {
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, [value], 0);
    }

    private sealed class Opened(string path, TimeProvider clock) : IDisposable
    {
        private readonly FileDevice _device = FileDevice.OpenForReading(path, clock);

        public string? Stamp => _device.ContentStamp();

        public void Dispose() => _device.File.Dispose();
    }
}
