using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Tests.Format;

/// <summary>Numbers that are on disk. These lines only grow.</summary>
public sealed class PersistedNumbersTests
{
    [Fact]
    public void Enums_keep_their_numbers()
    {
        Assert.Equal("Data=1 Map=2", Frozen<PackKind>());
        Assert.Equal("Raw=0 Zstd=1", Frozen<Codec>());
        Assert.Equal("Index=1 Manifest=2 Catalog=3 Removed=4 PruneMark=5 Rescue=6", Frozen<SealedType>());
    }

    [Fact]
    public void Sizes_keep_their_numbers()
    {
        Assert.Equal(64, PackHeader.Size);
        Assert.Equal(32, FrameHeader.Size);
        Assert.Equal(32, DirectoryHeader.Size);
        Assert.Equal(32, PackFooter.Size);
        Assert.Equal(64, SealedObject.HeaderSize);
        Assert.Equal(1024, Engine.Maps.MapShape.FanOut);
        Assert.Equal(65_280, PackBuffer.FullAtItems);
        Assert.Equal(4 * 1024 * 1024, FrameHeader.MaxPlainLength);
    }

    private static string Frozen<T>()
        where T : struct, Enum => string.Join(' ', Enum.GetValues<T>().Select(value => $"{value}={Convert.ToInt64(value)}"));
}
