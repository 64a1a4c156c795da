using Holdfast.Demo;
using Holdfast.Terminal;
using Holdfast.Testing;

namespace Holdfast.Tests.Demo;

public sealed class DemoVolumeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_seed_makes_the_same_volume()
    {
        DemoVolume.Write(_folder["a"], seed: 1);
        DemoVolume.Write(_folder["b"], seed: 1);
        DemoVolume.Write(_folder["c"], seed: 2);

        Assert.Null(await DemoVolume.FirstDifferenceAsync(_folder["a"], _folder["b"], Cancel));
        Assert.NotNull(await DemoVolume.FirstDifferenceAsync(_folder["a"], _folder["c"], Cancel));
    }

    [Fact]
    public async Task Changing_some_changes_it_and_leaves_its_size()
    {
        DemoVolume.Write(_folder["a"], seed: 1);
        File.Copy(_folder["a"], _folder["kept"]);

        var changed = DemoVolume.ChangeSome(_folder["a"], seed: 2);

        Assert.InRange(changed, 1, DemoVolume.Size / 100);
        Assert.Equal(DemoVolume.Size, new FileInfo(_folder["a"]).Length);
        Assert.NotNull(await DemoVolume.FirstDifferenceAsync(_folder["a"], _folder["kept"], Cancel));
    }

    [Theory]
    [InlineData(5, 5, -1, null)]
    [InlineData(5, 5, 3, 3L)]
    [InlineData(5, 4, -1, 4L)]
    [InlineData(4, 5, -1, 4L)]
    [InlineData(1 << 20, (1 << 20) + 1, -1, 1L << 20)]
    [InlineData((1 << 20) + 7, (1 << 20) + 7, (1 << 20) + 6, (1L << 20) + 6)]
    public async Task The_first_byte_that_differs_is_found(int leftLength, int rightLength, int flipped, long? expected)
    {
        var right = new byte[rightLength];
        if (flipped >= 0)
        {
            right[flipped] = 1;
        }

        var difference = await DemoVolume.FirstDifferenceAsync(
            _folder.File("left", new byte[leftLength]),
            _folder.File("right", right),
            Cancel
        );

        Assert.Equal(expected, difference);
    }

    [Theory]
    [InlineData("plain", "'plain'")]
    [InlineData("it's", @"'it'\''s'")]
    public void Text_is_quoted_as_a_shell_reads_it(string text, string quoted) => Assert.Equal(quoted, Shell.Quote(text));
}
