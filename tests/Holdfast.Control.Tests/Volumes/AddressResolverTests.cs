using Holdfast.Control.Volumes;

namespace Holdfast.Control.Tests.Volumes;

public sealed class AddressResolverTests
{
    [Fact]
    public async Task An_address_that_does_not_answer_keeps_nobody_from_hearing_of_the_others()
    {
        using var dead = new DeadFileSystem();
        var resolver = new AddressResolver(
            text =>
            {
                if (text.StartsWith("/dead", StringComparison.Ordinal))
                {
                    dead.Hang();
                }

                return text.StartsWith('/') ? text.ToUpperInvariant() : null;
            },
            dead.CameAsync
        );
        var cancel = TestContext.Current.CancellationToken;
        var found = await resolver.ResolveAsync(["/a", "/dead/1", "/b", "no address", "/dead/2", "/c"], cancel);
        Assert.Equal(["/A", "/B", "/C"], found.Values.Order(StringComparer.Ordinal));

        // Each that hangs keeps a thread, so after a few nothing is asked at all.
        Assert.Empty(await resolver.ResolveAsync(["/dead/3", "/dead/4", "/d"], cancel));
        await Assert.ThrowsAsync<TimeoutException>(() => resolver.AskAsync(() => 1, cancel));

        dead.Answer();
        while ((await resolver.ResolveAsync(["/e"], cancel)).Count == 0)
        {
            cancel.ThrowIfCancellationRequested();
        }

        Assert.Equal(1, await resolver.AskAsync(() => 1, cancel));
    }
}
