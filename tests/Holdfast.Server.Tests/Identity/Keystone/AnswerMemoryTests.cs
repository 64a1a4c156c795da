using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Identity.Keystone;
using Holdfast.Testing;

namespace Holdfast.Server.Tests.Identity.Keystone;

public sealed class AnswerMemoryTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly JumpingClock _clock = new(Now);
    private readonly AnswerMemory _memory;

    public AnswerMemoryTests() => _memory = new AnswerMemory(_clock, TimeSpan.FromSeconds(60), most: 3);

    [Fact]
    public void Unknown_tokens_push_out_the_oldest_unknown_ones_and_no_good_one()
    {
        _memory.Remember("good", Good());
        foreach (var digest in (string[])["a", "b", "c", "d", "e"])
        {
            _memory.Remember(digest, null);
        }

        Assert.Equal("good c d e", Remembered());
    }

    [Fact]
    public void What_is_over_goes_before_what_is_good()
    {
        _memory.Remember("short", Good(TimeSpan.FromSeconds(1)));
        _memory.Remember("a", Good());
        _memory.Remember("b", Good());
        _clock.Advance(TimeSpan.FromSeconds(2));
        _memory.Remember("c", Good());
        Assert.Equal("a b c", Remembered());
        _clock.Advance(TimeSpan.FromSeconds(1));
        _memory.Remember("d", Good());
        Assert.Equal("b c d", Remembered());
    }

    [Fact]
    public void The_last_answer_is_the_one_that_counts_and_makes_a_token_young_again()
    {
        _memory.Remember("a", Good());
        _memory.Remember("b", Good());
        _memory.Remember("c", Good());
        _memory.Remember("a", Good());
        _memory.Remember("d", Good());
        Assert.Equal("a c d", Remembered());

        _memory.Remember("a", null);
        Assert.True(_memory.TryFind("a", out var token));
        Assert.Null(token);
        _memory.Remember("a", Good());
        Assert.True(_memory.TryFind("a", out token));
        Assert.NotNull(token);
    }

    [Fact]
    public void Each_answer_has_its_time()
    {
        _memory.Remember("a", null);
        _memory.Remember("b", Good());
        _memory.Remember("c", Good(TimeSpan.FromSeconds(10)));
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal("a b c", Remembered());
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("b c", Remembered());
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("b", Remembered());
        _clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("", Remembered());
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_no_answer_live_longer()
    {
        _memory.Remember("a", null);
        _memory.Remember("b", Good());
        _clock.Jump(TimeSpan.FromDays(-1));
        Assert.Equal("a b", Remembered());
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("", Remembered());
    }

    private static Token Good(TimeSpan? life = null) =>
        new(new Account(new AccountId("u"), "u", Enabled: true), null, [], Now, Now + (life ?? TimeSpan.FromHours(1)));

    private string Remembered() =>
        string.Join(' ', ((string[])["good", "a", "b", "c", "d", "e", "short"]).Where(digest => _memory.TryFind(digest, out _)));
}
