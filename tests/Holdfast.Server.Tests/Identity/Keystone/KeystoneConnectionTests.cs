using System.Text;
using Holdfast.Server.Identity.Keystone;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>A Keystone at the other end of a real connection that answers what it should not.</summary>
public sealed class KeystoneConnectionTests : WithKeystone
{
    private const string Login = """{"token": {"expires_at": "2026-03-01T13:00:00Z"}}""";
    private const string Good =
        """{"token": {"issued_at": "2026-03-01T12:00:00Z", "expires_at": "2026-03-01T13:00:00Z", "user": {"id": "u1", "name": "demo"}}}""";

    public static TheoryData<string> Malformed =>
        [
            "",
            "<html>",
            "[]",
            "5",
            "null",
            "{",
            """{"token": null}""",
            """{"token": {}}""",
            """{"token": {"user": 5, "expires_at": 5}}""",
            """{"token": {"user": {"id": null, "name": null}, "expires_at": null}}""",
            """{"token": {"user": {"id": "u", "name": "u"}, "roles": 5, "issued_at": "", "expires_at": "never"}}""",
            """{"token": {"user": {"id": "u", "name": "u"}, "issued_at": "2026-03-01T12:00:00Z","""
                + """ "expires_at": "0001-01-01T00:00:00+14:00"}}""",
            """{"token": {"user": {"id": "\ud800", "name": "u"}, "issued_at": "2026-03-01T12:00:00Z", "expires_at": "\ud800"}}""",
            new string('[', 100_000),
            $$"""{"token": "{{new string('x', 8 << 20)}}"}""",
        ];

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_answer_is_a_Keystone_that_is_unavailable(string text)
    {
        await using var validates = await LoopbackPeer.StartAsync(
            context => IsLogin(context) ? AnswerAsync(context, 201, Login) : AnswerAsync(context, 200, text),
            Cancel
        );
        await UnavailableAsync(AskAsync(validates));
        await using var logsIn = await LoopbackPeer.StartAsync(
            context => AnswerAsync(context, IsLogin(context) ? 201 : 200, IsLogin(context) ? text : Good),
            Cancel
        );
        await UnavailableAsync(AskAsync(logsIn));
        Assert.Equal((2, 1), (validates.Requests.Count, logsIn.Requests.Count));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Where_an_answer_points_neither_password_nor_token_is_sent(int status)
    {
        await using var other = await LoopbackPeer.StartAsync(
            context => AnswerAsync(context, IsLogin(context) ? 201 : 200, IsLogin(context) ? Login : Good),
            Cancel
        );
        Task RedirectAsync(HttpContext context)
        {
            context.Response.Headers.Location = $"{other.Address}{context.Request.Path.Value?.TrimStart('/')}";
            return AnswerAsync(context, status, "");
        }

        await using var validates = await LoopbackPeer.StartAsync(
            context => IsLogin(context) ? AnswerAsync(context, 201, Login) : RedirectAsync(context),
            Cancel
        );
        Assert.Contains(
            $"answered {status} and points to '{other.Address}",
            await UnavailableAsync(AskAsync(validates)),
            StringComparison.Ordinal
        );
        await using var logsIn = await LoopbackPeer.StartAsync(RedirectAsync, Cancel);
        Assert.Contains(
            $"answered {status} and points to '{other.Address}",
            await UnavailableAsync(AskAsync(logsIn)),
            StringComparison.Ordinal
        );
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task No_cookie_is_kept_and_no_proxy_is_used()
    {
        await using var keystone = await LoopbackPeer.StartAsync(
            context =>
            {
                context.Response.Headers.SetCookie = "session=1; Path=/";
                return AnswerAsync(context, IsLogin(context) ? 201 : 200, IsLogin(context) ? Login : Good);
            },
            Cancel
        );
        await AskAsync(keystone);
        Assert.Equal(["POST /v3/auth/tokens cookie=", "GET /v3/auth/tokens cookie="], keystone.Requests);
        using var handler = KeystoneConnection.MakeHandler(Settings());
        Assert.False(handler.UseProxy);
    }

    /// <summary>A byte now and then keeps a connection from being idle; it does not keep the caller waiting.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_trickles_in_is_given_up_at_the_timeout(bool isLogin)
    {
        var began = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var keystone = await LoopbackPeer.StartAsync(
            async context =>
            {
                if (IsLogin(context) != isLogin)
                {
                    await AnswerAsync(context, 201, Login);
                    return;
                }

                context.RequestAborted.Register(ended.SetResult);
                context.Response.StatusCode = isLogin ? 201 : 200;
                context.Response.ContentLength = 1000;
                await context.Response.Body.WriteAsync(" "u8.ToArray(), Cancel);
                await context.Response.Body.FlushAsync(Cancel);
                began.SetResult();
                await ended.Task;
            },
            Cancel
        );
        var asked = AskAsync(keystone);
        await began.Task.WaitAsync(Cancel);
        Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("did not answer within 10 seconds", await UnavailableAsync(asked), StringComparison.Ordinal);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_is_tried_once_more_and_then_given_up()
    {
        await using var keystone = await LoopbackPeer.StartAsync(
            context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
            Cancel
        );
        await UnavailableAsync(AskAsync(keystone));
        Assert.Equal(2, keystone.Requests.Count);
    }

    private static bool IsLogin(HttpContext context) => HttpMethods.IsPost(context.Request.Method);

    private static async Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["X-Subject-Token"] = "own";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), Cancel);
    }

    private async Task AskAsync(LoopbackPeer peer)
    {
        var settings = Settings();
        settings.Url = new Uri(peer.Address, "/v3");
        using var handler = KeystoneConnection.MakeHandler(settings);
        await Make(settings, handler).FindAsync("good", Cancel);
    }
}
