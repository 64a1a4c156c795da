using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>What an external Keystone is asked, how often, and how long its answers are believed.</summary>
public sealed class KeystoneTokensTests : WithKeystone
{
    [Fact]
    public async Task An_answer_is_believed_for_its_time_and_not_longer()
    {
        var token = await Tokens.FindAsync("good", Cancel);
        Assert.Equal(("u1", "demo", "p1"), (token?.Account.Id.Value, token?.Account.Name, token?.Project?.Id.Value));
        Assert.Equal([Role.Member, Role.Reader], token?.Roles);
        Clock.Advance(TimeSpan.FromSeconds(59));
        await Tokens.FindAsync("good", Cancel);
        Assert.Equal((1, 1), (Keystone.Logins, Keystone.Validations));

        Keystone.Known.Remove("good", out _);
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await Tokens.FindAsync("good", Cancel));
        Assert.Equal((1, 2), (Keystone.Logins, Keystone.Validations));
    }

    [Fact]
    public async Task A_token_is_never_believed_past_its_own_end()
    {
        Keystone.Known["short"] = TimeSpan.FromSeconds(10);
        Assert.NotNull(await Tokens.FindAsync("short", Cancel));
        Keystone.Known.Remove("short", out _);
        Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(await Tokens.FindAsync("short", Cancel));
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await Tokens.FindAsync("short", Cancel));
    }

    [Fact]
    public async Task Many_who_ask_at_once_make_one_question()
    {
        Keystone.Gate = new TaskCompletionSource();
        var asked = Enumerable.Range(0, 20).Select(_ => Tokens.FindAsync("good", Cancel).AsTask()).ToList();
        Keystone.Gate.SetResult();
        Assert.All(await Task.WhenAll(asked), Assert.NotNull);
        Assert.Equal((1, 1), (Keystone.Logins, Keystone.Validations));
    }

    [Fact]
    public async Task An_unknown_token_is_asked_for_again_after_a_few_seconds()
    {
        Assert.Null(await Tokens.FindAsync("new", Cancel));
        Keystone.Known["new"] = TimeSpan.FromHours(1);
        Assert.Null(await Tokens.FindAsync("new", Cancel));
        Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.NotNull(await Tokens.FindAsync("new", Cancel));
    }

    [Fact]
    public async Task What_cannot_be_a_token_is_not_asked_about()
    {
        Assert.Null(await Tokens.FindAsync("line\nbreak", Cancel));
        Assert.Null(await Tokens.FindAsync("é", Cancel));
        Assert.Null(await Tokens.FindAsync(new string('x', 4097), Cancel));
        Assert.Equal(0, Keystone.Validations);
        Assert.Null(await Tokens.FindAsync(new string('x', 4096), Cancel));
        Assert.Equal(1, Keystone.Validations);
    }

    [Fact]
    public async Task A_fresh_question_passes_over_what_is_remembered_and_is_remembered_itself()
    {
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Keystone.Known.Remove("good", out var life);
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Null(await Tokens.FindFreshAsync("good", Cancel));
        Assert.Null(await Tokens.FindAsync("good", Cancel));
        Assert.Equal(2, Keystone.Validations);

        Keystone.Known["good"] = life;
        Assert.NotNull(await Tokens.FindFreshAsync("good", Cancel));
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Equal(3, Keystone.Validations);
    }

    /// <summary>An older question whose answer comes last must not bring back what the fresh one found revoked.</summary>
    [Fact]
    public async Task An_answer_that_a_fresh_one_overtook_is_not_remembered()
    {
        var gate = Keystone.Gate = new TaskCompletionSource();
        var slow = Tokens.FindAsync("good", Cancel).AsTask();
        await Keystone.LookedUp.WaitAsync(Cancel);
        Keystone.Gate = null;
        Keystone.Known.Remove("good", out _);
        Assert.Null(await Tokens.FindFreshAsync("good", Cancel));

        gate.SetResult();
        Assert.NotNull(await slow);
        Assert.Null(await Tokens.FindAsync("good", Cancel));
        Assert.Equal(2, Keystone.Validations);
    }

    [Theory]
    [InlineData("admin", "admin", Role.Admin)]
    [InlineData("admin", "Admin", Role.Admin)]
    [InlineData("backup-operator", "backup-operator", Role.Admin)]
    [InlineData("backup-operator", "admin", null)]
    [InlineData("backup-operator", "member", Role.Member)]
    [InlineData("backup-operator", "_member_", Role.Member)]
    [InlineData("backup-operator", "reader", Role.Reader)]
    public async Task Who_operates_the_service_is_said_by_the_role_that_the_settings_name(string adminRole, string role, Role? meant)
    {
        Keystone.Roles = ["other", role];
        var settings = Settings();
        settings.AdminRole = adminRole;
        Assert.Equal(meant is { } is1 ? [is1] : [], (await Make(settings, Keystone).FindAsync("good", Cancel))?.Roles);
    }

    [Fact]
    public async Task The_services_own_token_is_renewed_before_its_end_and_when_it_is_not_accepted()
    {
        await Tokens.FindAsync("good", Cancel);
        Clock.Advance(TimeSpan.FromMinutes(59.5));
        await Tokens.FindAsync("good", Cancel);
        Assert.Equal(2, Keystone.Logins);

        Keystone.RevokeOwn();
        Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.NotNull(await Tokens.FindAsync("good", Cancel));
        Assert.Equal(3, Keystone.Logins);
    }
}
