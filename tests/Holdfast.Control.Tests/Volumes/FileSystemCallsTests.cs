using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Volumes;

public sealed class FileSystemCallsTests
{
    /// <summary>What is told of it; how long it is, is the test's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_one_place_two_calls_may_hang_and_other_places_are_not_touched()
    {
        using var dead = new DeadFileSystem();
        var calls = new FileSystemCalls(Patience, dead.CameAsync);
        for (var i = 0; i < 2; i++)
        {
            await RefusedAsync(calls.AskAsync("/dev/dead", () => Hang(dead), abandon: null, Cancel));
        }

        await RefusedAsync(calls.AskAsync("/dev/dead", () => Task.FromResult(0), abandon: null, Cancel));
        Assert.Equal(7, await calls.AskAsync("/dev/alive", () => Task.FromResult(7), abandon: null, Cancel));
        dead.Answer();
        while (true)
        {
            try
            {
                Assert.Equal(8, await calls.AskAsync("/dev/dead", () => Task.FromResult(8), abandon: null, Cancel));
                break;
            }
            catch (HoldfastException)
            {
                await Task.Delay(10, Cancel); // the threads end in their own time
            }
        }
    }

    [Fact]
    public async Task What_comes_too_late_is_abandoned()
    {
        using var dead = new DeadFileSystem();
        var abandoned = new TaskCompletionSource<int>();
        var calls = new FileSystemCalls(Patience, dead.CameAsync);
        await RefusedAsync(
            calls.AskAsync(
                "/x",
                () => Hang(dead),
                late =>
                {
                    abandoned.SetResult(late);
                    return ValueTask.CompletedTask;
                },
                Cancel
            )
        );
        dead.Answer();
        Assert.Equal(1, await abandoned.Task.WaitAsync(TimeSpan.FromMinutes(5), Cancel));
    }

    [Theory]
    [InlineData("/dev/sda", "/dev/sda")]
    [InlineData("/proc/self/stat", "/proc")]
    [InlineData("/procession", "/")]
    public void A_place_is_a_mount_or_a_device(string path, string place) => Assert.Equal(place, MountPoints.Of(path));

    private static Task<int> Hang(DeadFileSystem dead)
    {
        dead.Hang();
        return Task.FromResult(1);
    }

    private static async Task RefusedAsync(Task asked) =>
        Assert.Equal(FailureKind.Unavailable, (await Assert.ThrowsAsync<HoldfastException>(() => asked)).Kind);
}
