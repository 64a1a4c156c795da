using Holdfast.Testing;

namespace Holdfast.Engine.Tests;

/// <summary>
/// A real file system whose power can be cut: a cut copies what lies behind its loop device, while it is mounted, so that all that only its
/// cache holds is lost and all that the device was given is kept. Skips the test, by name, where none may be mounted.
/// <para>A device that loses, or reorders, what it said was written but was not told to flush is not shown by it.</para>
/// </summary>
internal sealed class CuttableDisk : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly string _kind;
    private readonly string _statistics;
    private Mounted? _mounted;
    private int _cuts;

    /// <param name="kind"><c>ext4</c>, <c>xfs</c> or <c>btrfs</c>.</param>
    public CuttableDisk(string kind)
    {
        _kind = kind;
        var (megabytes, options) = kind switch
        {
            // Nothing is written later on by the kernel's own doing, or we would find it there by luck.
            "ext4" => (64, (string[])["-E", "lazy_itable_init=0,lazy_journal_init=0"]),
            "xfs" => (320, []),
            _ => (128, []),
        };
        using (var image = File.Create(_temp["image"]))
            image.SetLength(megabytes * 1024L * 1024);

        _mounted = Mounted.Made(kind, _temp["image"], Folder, options, kind == "xfs" ? null : "commit=300");
        Assert.True(Command.Try("losetup", ["--noheadings", "--output", "NAME", "--associated", _temp["image"]], out var device), device);
        _statistics = $"/sys/block/{Path.GetFileName(device.Trim())}/stat";
    }

    public string Folder => _temp["mounted"];

    /// <summary>Keeps what a cut of the power would leave now.</summary>
    public string Cut()
    {
        var path = _temp[$"cut-{++_cuts}"];
        string? before;
        do
        {
            before = FindWritten();
            Assert.True(Command.Try("cp", ["--sparse=auto", _temp["image"], path], out var said), said);

            // What the kernel wrote meanwhile, as it does every half minute, would be in it in part, as no disk loses it.
        } while (before is null || before != FindWritten());

        return path;
    }

    /// <summary>Mounts what a cut left, as the next boot would.</summary>
    public async Task LookAsync(string cut, Func<string, Task> look)
    {
        // btrfs takes no two file systems of one identity.
        _mounted?.Dispose();
        _mounted = null;
        using (Mounted.Again(_kind, cut, _temp["after"]))
            await look(_temp["after"]);

        File.Delete(cut);
    }

    /// <summary>What the disk counts of writes and discards; null while some are under way.</summary>
    private string? FindWritten()
    {
        // The columns of /sys/block/*/stat.
        var counts = File.ReadAllText(_statistics).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return counts[8].Trim() == "0" ? $"{counts[4]} {counts[6]} {counts[11]} {counts[13]}" : null;
    }

    public void Dispose()
    {
        _mounted?.Dispose();
        _temp.Dispose();
    }
}
