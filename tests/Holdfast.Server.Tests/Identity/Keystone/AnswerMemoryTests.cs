using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Identity.Keystone;

namespace Holdfast.Server.Tests.Identity.Keystone;

public sealed class AnswerMemoryTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly AnswerMemory _memory = new(TimeSpan.FromSeconds(60), most: 3);

    [Fact]
    public void Unknown_tokens_push_out_the_oldest_unknown_ones_and_no_good_one()
    {
        _memory.Remember("good", Good(), Now);
        foreach (var digest in (string[])["a", "b", "c", "d", "e"])
        {
            _memory.Remember(digest, null, Now);
        }

        Assert.Equal("good c d e", Remembered(Now));
    }

    [Fact]
    public void What_is_over_goes_before_what_is_good()
    {
        _memory.Remember("short", Good(TimeSpan.FromSeconds(1)), Now);
        _memory.Remember("a", Good(), Now);
        _memory.Remember("b", Good(), Now);
        _memory.Remember("c", Good(), Now.AddSeconds(2));
        Assert.Equal("a b c", Remembered(Now.AddSeconds(2)));
        _memory.Remember("d", Good(), Now.AddSeconds(3));
        Assert.Equal("b c d", Remembered(Now.AddSeconds(3)));
    }

    [Fact]
    public void The_last_answer_is_the_one_that_counts_and_makes_a_token_young_again()
    {
        _memory.Remember("a", Good(), Now);
        _memory.Remember("b", Good(), Now);
        _memory.Remember("c", Good(), Now);
        _memory.Remember("a", Good(), Now);
        _memory.Remember("d", Good(), Now);
        Assert.Equal("a c d", Remembered(Now));

        _memory.Remember("a", null, Now);
        Assert.True(_memory.TryFind("a", Now, out var token));
        Assert.Null(token);
        _memory.Remember("a", Good(), Now);
        Assert.True(_memory.TryFind("a", Now, out token));
        Assert.NotNull(token);
    }

    [Fact]
    public void Each_answer_has_its_time()
    {
        _memory.Remember("a", null, Now);
        _memory.Remember("b", Good(), Now);
        _memory.Remember("c", Good(TimeSpan.FromSeconds(10)), Now);
        Assert.Equal("a b c", Remembered(Now.AddSeconds(4.9)));
        Assert.Equal("b c", Remembered(Now.AddSeconds(5)));
        Assert.Equal("b", Remembered(Now.AddSeconds(10)));
        Assert.Equal("", Remembered(Now.AddSeconds(60)));
    }

    private static Token Good(TimeSpan? life = null) =>
        new(new Account(new AccountId("u"), "u", Enabled: true), null, [], Now, Now + (life ?? TimeSpan.FromHours(1)));

    private string Remembered(DateTimeOffset now) =>
        string.Join(' ', ((string[])["good", "a", "b", "c", "d", "e", "short"]).Where(digest => _memory.TryFind(digest, now, out _)));
}
