using Holdfast.Server.Identity.Keystone;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>A Keystone that fails, hangs or refuses, and callers who invent tokens.</summary>
public sealed class KeystoneTroubleTests : WithKeystone
{
    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(0)]
    public async Task A_Keystone_that_fails_is_unavailable_and_what_is_believed_goes_on_to_be(int status)
    {
        await Tokens.FindAsync("good", Cancel);
        Keystone.Fault = status;
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Contains(
            status == 0 ? "connection refused" : $"answered {status}",
            await UnavailableAsync(Tokens.FindAsync("other", Cancel).AsTask()),
            StringComparison.Ordinal
        );
        await UnavailableAsync(Tokens.FindFreshAsync("good", Cancel).AsTask());
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));

        Keystone.Fault = null;
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Null(await Tokens.FindAsync("other", Cancel));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(414)]
    [InlineData(431)]
    public async Task A_token_that_Keystone_cannot_make_sense_of_is_unknown(int status)
    {
        Keystone.ValidationFault = status;
        Assert.Null(await Tokens.FindAsync("odd", Cancel));
    }

    [Fact]
    public async Task A_service_that_may_not_validate_tokens_is_told_so()
    {
        Keystone.ValidationFault = 403;
        Assert.Contains(
            "does not let user 'vbs' validate tokens",
            await UnavailableAsync(Tokens.FindAsync("good", Cancel).AsTask()),
            StringComparison.Ordinal
        );
    }

    /// <summary>More callers than may ask at once, each with a token of its own, all of whom a login keeps waiting.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(3 * KeystoneClient.MostAtOnce)]
    public async Task A_login_that_hangs_is_one_and_all_who_wait_give_up_after_one_timeout(int callers)
    {
        Keystone.Hangs = true;
        var asked = Enumerable.Range(0, callers).Select(i => Tokens.FindAsync($"token-{i}", Cancel).AsTask()).ToList();
        await Keystone.Arrived.WaitAsync(Cancel);
        Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.DoesNotContain(asked, task => task.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var task in asked)
        {
            Assert.Contains("did not answer within 10 seconds", await UnavailableAsync(task), StringComparison.Ordinal);
        }

        Assert.Equal((1, 0), (Keystone.Logins, Keystone.Validations));
    }

    [Fact]
    public async Task A_validation_after_a_login_that_took_long_has_what_is_left_of_the_one_timeout()
    {
        Keystone.LoginGate = new TaskCompletionSource();
        Keystone.Gate = new TaskCompletionSource();
        var asked = Tokens.FindAsync("good", Cancel).AsTask();
        await Keystone.Arrived.WaitAsync(Cancel);
        Clock.Advance(TimeSpan.FromSeconds(6));
        Keystone.LoginGate.SetResult();
        await Keystone.Arrived.WaitAsync(Cancel);
        Clock.Advance(TimeSpan.FromSeconds(3.9));
        Assert.False(asked.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(0.1));
        await UnavailableAsync(asked);
        Assert.Equal((1, 1), (Keystone.Logins, Keystone.Validations));
    }

    [Fact]
    public async Task A_login_that_failed_is_not_tried_again_for_some_seconds_by_whoever_asks()
    {
        Keystone.RefuseLogins = true;
        for (var i = 0; i < 20; i++)
        {
            Assert.Contains(
                "does not let user 'vbs' in (it answered 401)",
                await UnavailableAsync(Tokens.FindAsync($"token-{i}", Cancel).AsTask()),
                StringComparison.Ordinal
            );
        }

        Assert.Equal(1, Keystone.Logins);
        Keystone.RefuseLogins = false;
        Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Equal(2, Keystone.Logins);
    }

    [Fact]
    public async Task A_Keystone_that_accepts_none_of_the_tokens_it_gives_us_is_not_asked_for_more_and_more()
    {
        Keystone.ValidationFault = 401;
        for (var i = 0; i < 20; i++)
        {
            Assert.Contains(
                "does not accept the token that it gave user 'vbs'",
                await UnavailableAsync(Tokens.FindAsync($"token-{i}", Cancel).AsTask()),
                StringComparison.Ordinal
            );
        }

        Assert.Equal(1, Keystone.Logins);
        Clock.Advance(TimeSpan.FromSeconds(5));
        await UnavailableAsync(Tokens.FindAsync("token", Cancel).AsTask());
        Assert.Equal(2, Keystone.Logins);
    }

    [Fact]
    public async Task Who_invents_tokens_keeps_a_bounded_part_of_Keystone_busy()
    {
        await Tokens.FindAsync("good", Cancel);
        var gate = Keystone.Gate = new TaskCompletionSource();
        var asked = Enumerable.Range(0, 100).Select(i => Tokens.FindAsync($"invented-{i}", Cancel).AsTask()).ToList();
        for (var i = 0; i < 2 + KeystoneClient.MostAtOnce; i++)
        {
            await Keystone.Arrived.WaitAsync(Cancel);
        }

        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        gate.SetResult();
        Assert.All(await Task.WhenAll(asked), Assert.Null);
        Assert.Equal((KeystoneClient.MostAtOnce, 101), (Keystone.MostOpen, Keystone.Validations));
    }

    [Fact]
    public async Task Whoever_gets_no_turn_within_the_timeout_is_answered_all_the_same()
    {
        await Tokens.FindAsync("good", Cancel);
        Keystone.Hangs = true;
        var asked = Enumerable.Range(0, 100).Select(i => Tokens.FindAsync($"invented-{i}", Cancel).AsTask()).ToList();
        Clock.Advance(TimeSpan.FromSeconds(10));
        foreach (var task in asked)
        {
            await UnavailableAsync(task);
        }

        // All gave their turns back.
        Keystone.Hangs = false;
        for (var i = 0; i <= KeystoneClient.MostAtOnce; i++)
        {
            Assert.Null(
                await Tokens.FindAsync($"invented-{i}", Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel)
            );
        }
    }

    [Fact]
    public async Task Tokens_that_are_invented_push_no_good_one_out()
    {
        await Tokens.FindAsync("good", Cancel);
        for (var i = 0; i <= 10_000; i++)
        {
            await Tokens.FindAsync($"invented-{i}", Cancel);
        }

        var asked = Keystone.Validations;
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Null(await Tokens.FindAsync("invented-10000", Cancel));
        Assert.Equal(asked, Keystone.Validations);
    }
}
