using System.Text.RegularExpressions;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.Console;

/// <summary>The pages that tell others, and that tell who changed what.</summary>
public sealed class ConsoleTellingTests(TestServer server)
{
    [Fact]
    public async Task A_target_is_made_given_a_rule_tried_and_removed_by_forms_and_the_audit_log_shows_it()
    {
        // In a project of its own: others make targets in the one that all share.
        await server.MakeCallerAsync("console_telling", Role.Admin, "console_telling");
        using var browser = await Browser.SignInAsync(server, "console_telling", "pass word", "console_telling");
        var made = await browser.SubmitAsync(
            "/notifications/targets",
            ("name", "told-by-form"),
            ("kind", "webhook"),
            ("address", "http://127.0.0.1:9/nobody")
        );
        Assert.Equal(200, made.Status);
        var secret = Regex.Match(made.Text, "<dt>Secret</dt><dd><code data-copy>([^<]{16,})</code>").Groups[1].Value;
        Assert.NotEmpty(secret);
        var page = await browser.GetAsync("/notifications");
        Assert.Contains("told-by-form", page.Text, StringComparison.Ordinal);
        Assert.Contains("what is usual", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, page.Text, StringComparison.Ordinal);
        var target = Regex.Match(page.Text, "/console(/notifications/targets/[^/\"]+)/test").Groups[1].Value;

        await browser.SubmitAsync(
            "/notifications/rules",
            ("target", target.Split('/')[^1]),
            ("event", "volume_failed"),
            ("event", "volume_recovered"),
            ("least", "warning")
        );
        var ruled = (await browser.GetAsync("/notifications")).Text;
        Assert.Contains("volume failed, volume recovered, from warning on", ruled, StringComparison.Ordinal);

        await browser.SubmitAsync($"{target}/test");
        Assert.Contains("The message did not come through", (await browser.GetAsync("/notifications")).Text, StringComparison.Ordinal);
        var rule = Regex.Match(ruled, "/console(/notifications/rules/[^/\"]+/remove)").Groups[1].Value;
        Assert.Equal(303, (await browser.SubmitAsync(rule)).Status);
        Assert.Equal(303, (await browser.SubmitAsync($"{target}/remove")).Status);
        var bare = (await browser.GetAsync("/notifications")).Text;
        Assert.DoesNotContain("told-by-form", bare, StringComparison.Ordinal);

        var audit = (await browser.GetAsync("/audit?action=notify&actor=console_telling")).Text;
        Assert.Contains("POST /admin/v1/{project}/notify/targets", audit, StringComparison.Ordinal);
        Assert.Contains("told-by-form", audit, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, audit, StringComparison.Ordinal);
        Assert.Contains("None is like that", (await browser.GetAsync("/audit?actor=nobody-of-that-name")).Text, StringComparison.Ordinal);
        await browser.SubmitAsync("/audit/verify");
        Assert.Contains("The chain is whole", (await browser.GetAsync("/audit")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_form_has_wrong_is_told_and_nothing_is_made()
    {
        using var browser = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var answer = await browser.SubmitAsync(
            "/notifications/targets",
            ("name", "wrong-one"),
            ("kind", "email"),
            ("address", "no address of mail")
        );
        Assert.Equal(303, answer.Status);
        var page = (await browser.GetAsync("/notifications")).Text;
        Assert.Contains("role=\"alert\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-one</bdi>", page, StringComparison.Ordinal);
    }
}
