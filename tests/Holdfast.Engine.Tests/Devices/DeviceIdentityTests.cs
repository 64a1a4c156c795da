using Holdfast.Engine.Devices;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Devices;

public sealed class DeviceIdentityTests : IDisposable
{
    private static readonly DeviceIdentity Disk = new() { Kind = DeviceKind.BlockDevice, Size = 100 };

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void An_identity_is_the_same_once_written_and_read()
    {
        var identity = new DeviceIdentity
        {
            Kind = DeviceKind.BlockDevice,
            Wwn = "eui.01",
            Serial = "S 1",
            PartitionUuid = "p",
            FileSystemUuid = "ext 1",
            FileSystem = "ext4 uuid 2",
            Inode = 3,
            BackingFile = "/x \"y\"",
            Size = 4,
        };

        Assert.Equal(identity, DeviceIdentity.TryParse(identity.ToText()));
        Assert.DoesNotContain('\n', identity.ToText());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("nonsense")]
    [InlineData("""{"Kind":7,"Size":1}""")]
    public void What_is_no_identity_is_none(string? text) => Assert.Null(DeviceIdentity.TryParse(text));

    [Fact]
    public void A_disk_is_known_by_its_number_whatever_it_holds()
    {
        var registered = Disk with { Wwn = "eui.01", Serial = "S1", FileSystemUuid = "ext 1" };

        Assert.Empty((registered with { FileSystemUuid = "xfs 2", Size = 200 }).DifferencesFrom(registered));
        Assert.Empty((registered with { Wwn = null, FileSystemUuid = "xfs 2" }).DifferencesFrom(registered));
        var difference = Assert.Single((registered with { Wwn = "eui.02" }).DifferencesFrom(registered with { Serial = null }));
        Assert.Contains("'eui.01'", difference, StringComparison.Ordinal);
        Assert.Contains("'eui.02'", difference, StringComparison.Ordinal);
    }

    [Fact]
    public void A_partition_is_another_even_on_the_same_disk()
    {
        var registered = Disk with { Wwn = "eui.01", PartitionUuid = "p1", FileSystemUuid = "ext 1" };

        Assert.Single((registered with { PartitionUuid = "p2" }).DifferencesFrom(registered));
        Assert.Empty((registered with { FileSystemUuid = null }).DifferencesFrom(registered));
    }

    [Fact]
    public void What_has_no_number_is_known_by_what_it_holds()
    {
        var registered = Disk with { FileSystemUuid = "ext 1" };

        Assert.Empty(registered.DifferencesFrom(registered));
        Assert.Single((Disk with { FileSystemUuid = "ext 2" }).DifferencesFrom(registered));
        Assert.Single(Disk.DifferencesFrom(registered));
        Assert.Single(Disk.DifferencesFrom(Disk with { Serial = "S1" }));
    }

    [Fact]
    public void What_was_not_known_then_is_not_compared_and_growth_is_no_difference()
    {
        Assert.Empty((Disk with { FileSystemUuid = "ext 2", Size = 200 }).DifferencesFrom(Disk));
        Assert.Single((Disk with { Size = 50 }).DifferencesFrom(Disk));
        Assert.Single(new DeviceIdentity { Kind = DeviceKind.File, Size = 100 }.DifferencesFrom(Disk));
    }

    [Fact]
    public void A_loop_device_is_known_by_the_path_behind_it_where_the_file_itself_is_not_seen()
    {
        var registered = Disk with { BackingFile = "/srv/a.img" };
        var seen = registered with { FileSystem = "ext 1", Inode = 7 };

        Assert.Empty(registered.DifferencesFrom(registered));
        Assert.Empty(registered.DifferencesFrom(seen));
        Assert.Empty(seen.DifferencesFrom(registered));
        Assert.Empty((seen with { BackingFile = "/srv/renamed.img" }).DifferencesFrom(seen));
        var other = Disk with { BackingFile = "/srv/b.img" };
        var difference = Assert.Single(other.DifferencesFrom(registered));
        Assert.Contains("over '/srv/a.img' and is one over '/srv/b.img' now", difference, StringComparison.Ordinal);
        Assert.Single(other.DifferencesFrom(seen));
    }

    [Fact]
    public async Task A_file_that_was_replaced_is_the_same_volume_and_one_on_another_file_system_is_not()
    {
        Directory.CreateDirectory(_temp["disks"]);
        var registered = await IdentityOfAsync(_temp.File("disks/volume", [1]));
        File.Move(_temp.File("disks/new", [2, 3]), _temp["disks", "volume"], overwrite: true);

        var replaced = await IdentityOfAsync(_temp["disks", "volume"]);
        Assert.NotEqual(registered.Inode, replaced.Inode);
        Assert.Empty(replaced.DifferencesFrom(registered));

        using (Mounted.Tmpfs(_temp["disks"], "size=1m"))
        {
            var difference = Assert.Single((await IdentityOfAsync(_temp.File("disks/volume", [1]))).DifferencesFrom(registered));
            Assert.Contains("'tmpfs at ", difference, StringComparison.Ordinal);
        }
    }

    private static async Task<DeviceIdentity> IdentityOfAsync(string path)
    {
        await using var device = DeviceAddress.Parse(path).OpenForReading();
        return device.Identity() ?? throw new InvalidOperationException("a file has an identity");
    }
}
