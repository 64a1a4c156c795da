using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Devices;

public sealed class DeviceAddressTests
{
    [Theory]
    [InlineData("/data/disk.img", "/data/disk.img", "file:///data/disk.img")]
    [InlineData("file:///data/disk.img", "/data/disk.img", "file:///data/disk.img")]
    [InlineData("FILE://localhost/data/disk.img", "/data/disk.img", "file:///data/disk.img")]
    [InlineData("file:///data/my%20disk%23%25.img", "/data/my disk#%.img", "file:///data/my%20disk%23%25.img")]
    [InlineData("/data/größe?.img", "/data/größe?.img", "file:///data/gr%C3%B6%C3%9Fe%3F.img")]
    [InlineData("/data//x/./y/../disk/", "/data/x/disk", "file:///data/x/disk")]
    [InlineData("/dev/vdz", "/dev/vdz", "/dev/vdz")]
    [InlineData("file:///dev/vdz", "/dev/vdz", "/dev/vdz")]
    [InlineData("/devices/x", "/devices/x", "file:///devices/x")]
    [InlineData("/", "/", "file:///")]
    public void An_address_has_a_path_and_one_canonical_text(string text, string path, string canonical)
    {
        var address = DeviceAddress.Parse(text);

        Assert.Equal(path, address.FilePath);
        Assert.Equal(canonical, address.ToString());
        Assert.Equal(address, DeviceAddress.Parse(canonical));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("disk.img")]
    [InlineData("file://disk.img")]
    [InlineData("file:disk.img")]
    [InlineData("file://host/disk.img")]
    [InlineData("file:///disk.img?x=1")]
    [InlineData("file:///disk.img#top")]
    [InlineData("file:///disk%2")]
    [InlineData("file:///disk%zz")]
    [InlineData("file:///disk%00")]
    [InlineData("nbd://host/disk")]
    [InlineData("http://host/disk")]
    public void What_names_no_volume_of_this_machine_is_no_address(string? text)
    {
        Assert.False(DeviceAddress.TryParse(text, out _));
        if (text is not null)
            Assert.Equal(FailureKind.Refused, Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(text)).Kind);
    }

    [Fact]
    public void Addresses_that_lead_to_one_place_by_symbolic_links_are_equal_and_keep_their_text()
    {
        using var temp = new TempFolder();
        var path = temp.File("disk", [1]);
        Directory.CreateDirectory(temp["folder"]);
        File.CreateSymbolicLink(temp["folder", "link"], "../disk");
        Directory.CreateSymbolicLink(temp["other"], temp["folder"]);

        var direct = DeviceAddress.Parse(path);
        var linked = DeviceAddress.Parse(temp["other", "link"]);

        Assert.Equal(direct, linked);
        Assert.Equal(direct.GetHashCode(), linked.GetHashCode());
        Assert.Equal(temp["other", "link"], linked.FilePath);
        Assert.NotEqual(direct, DeviceAddress.Parse(temp["missing"]));
        Assert.Equal(DeviceAddress.Parse(temp["folder", "missing"]), DeviceAddress.Parse(temp["other", "missing"]));
    }

    [Theory]
    [InlineData("/disks/caf\ufffd.img")]
    [InlineData("file:///disks/caf%E9.img")]
    public void A_name_that_is_not_utf8_is_refused_with_the_reason(string text)
    {
        var e = Assert.Throws<HoldfastException>(() => DeviceAddress.Parse(text));

        Assert.Equal(FailureKind.Refused, e.Kind);
        Assert.Contains("not UTF-8", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_any_other_characters_is_kept()
    {
        foreach (var name in (string[])["/disks/café %41 ?#\n\"'.img", "/disks/\U0001f4be"])
        {
            var address = DeviceAddress.Parse(name);
            Assert.Equal(name, address.FilePath);
            Assert.Equal(name, DeviceAddress.Parse(address.ToString()).FilePath);
        }

        Assert.Equal("/a b/é", DeviceAddress.Parse("file:///a%20b/%C3%A9").FilePath);
    }
}
