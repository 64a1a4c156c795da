using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Holdfast.SystemTests.Console;

/// <summary>The console as a person has it: in a real browser, against a real service.</summary>
public sealed class ConsoleTests(ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    /// <summary>Where to put a screenshot of every page, for docs/console; not set in tests.</summary>
    private static readonly string? Shots = Environment.GetEnvironmentVariable("HOLDFAST_CONSOLE_SHOTS");

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>What is serious or critical, with where it is.</summary>
    private const string RunAxe = """
        axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations
          .filter(one => one.impact === 'serious' || one.impact === 'critical')
          .map(one => `${one.help}: ${one.nodes.slice(0, 3).map(node => node.html).join('; ')}`))
        """;

    [Fact]
    public async Task What_is_wrong_is_named_first_and_its_reason_is_one_click_away()
    {
        ConsoleFixture.SkipWithoutChromium();
        var page = await console.SignInAsync();

        var hero = await page.Locator(".hero").InnerTextAsync();
        var reasons = await page.Locator(".reasons").InnerTextAsync();
        await page.Locator(".reasons a", new() { HasText = "'mail'" }).ClickAsync();

        Assert.Contains("not protected as they should be", hero, StringComparison.Ordinal);
        Assert.Contains("'mail'", reasons, StringComparison.Ordinal);
        Assert.Contains("'media'", reasons, StringComparison.Ordinal);
        Assert.Contains("failed", await page.Locator(".hero").InnerTextAsync(), StringComparison.Ordinal);

        await page.GotoAsync($"{console.Root}/jobs/{console.FailedJob}");
        Assert.Contains("mail", await page.Locator(".log .error").First.InnerTextAsync(), StringComparison.Ordinal);
    }

    /// <summary>From the overview to a restored volume, by whoever has never seen it, without a script.</summary>
    [Fact]
    public async Task A_volume_is_restored_in_six_clicks_and_nothing_is_overwritten()
    {
        ConsoleFixture.SkipWithoutChromium();
        var page = await console.SignInAsync(javaScript: false);

        await page.GetByRole(AriaRole.Link, new() { Name = "Volumes", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "database", Exact = true }).ClickAsync();
        await page.Locator("section:has(> h2:text('Backups')) tbody a").First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Restore", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore", Exact = true }).ClickAsync();

        await console.ArriveAsync(page, "/jobs/[^/]+");
        var job = page.Url[(page.Url.LastIndexOf('/') + 1)..];
        var end = await UntilEndedAsync(job);
        Assert.Equal("SUCCESS", end);
        await page.ReloadAsync();
        Assert.Contains("It is done", await page.Locator(".hero").InnerTextAsync(), StringComparison.Ordinal);
        var volumes = (await console.Service.RunAsync("volume", "list")).Succeeds().Output;
        Assert.Contains("database-restored", volumes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_keyboard_alone_leads_from_the_sign_in_to_a_page()
    {
        ConsoleFixture.SkipWithoutChromium();
        var context = await console.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(console.Root);
        await page.Keyboard.TypeAsync("admin");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(RunningService.Password);
        await page.Keyboard.PressAsync("Enter");
        await console.ArriveAsync(page, "");
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        for (var tabs = 0; tabs < 10 && await page.EvaluateAsync<string>("document.activeElement.textContent") != "Volumes"; tabs++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        }

        await page.Keyboard.PressAsync("Enter");
        await console.ArriveAsync(page, "/volumes");
        await context.CloseAsync();
    }

    /// <summary>The session is the browser's. What another tab has changed to is not told under the name of the project that stands
    /// here.</summary>
    [Fact]
    public async Task A_page_that_keeps_itself_up_to_date_goes_over_to_no_other_project()
    {
        ConsoleFixture.SkipWithoutChromium();
        (await console.Service.RunAsync("project", "create", "elsewhere")).Succeeds();
        (await console.Service.RunAsync("user", "grant", "admin", "--project", "elsewhere", "--role", "admin")).Succeeds();
        var page = await console.SignInAsync();
        var before = await page.Locator(".hero").InnerTextAsync();

        var other = await page.Context.NewPageAsync();
        await other.GotoAsync($"{console.Root}/project");
        await other.GetByRole(AriaRole.Button, new() { Name = "Change to elsewhere" }).ClickAsync();
        await page.BringToFrontAsync();
        await page.Locator(".lost").WaitForAsync();

        Assert.Contains("another project", await page.Locator(".lost").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(before, await page.Locator(".hero").InnerTextAsync());
        Assert.Contains("default", await page.Locator(".who").InnerTextAsync(), StringComparison.Ordinal);
        await page.Context.CloseAsync();
    }

    /// <summary>Of the commands that a page shows, those that the command line would not take.</summary>
    private static async Task<List<string>> WrongCommandsAsync(IPage page)
    {
        var shown = await page.Locator(".command code").AllTextContentsAsync();
        Assert.All(shown, text => Assert.Contains("holdfast ", text, StringComparison.Ordinal));
        return
        [
            .. from command in shown.SelectMany(text => text.Split("; "))
            let words = command.Split(' ').SkipWhile(word => word != "holdfast").Skip(1).ToArray()
            from error in CommandTree.Root(words).Parse(words).Errors
            select $"'{command}': {error.Message}",
        ];
    }

    private async Task<string> UntilEndedAsync(string job)
    {
        using var late = new CancellationTokenSource(HoldfastProcess.Patience);
        while (true)
        {
            var status = (await console.Service.RunAsync("job", "show", job, "--json")).Succeeds().Json.GetProperty("status").GetString();
            if (status is "SUCCESS" or "FAIL")
            {
                return status;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, late.Token);
        }
    }

    [Theory]
    [InlineData(1280, "light")]
    [InlineData(320, "dark")]
    public async Task Every_page_can_be_used_by_everybody(int width, string theme)
    {
        ConsoleFixture.SkipWithoutChromium();
        var page = await console.SignInAsync(width, theme);
        var faults = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal))
            {
                faults.Add($"{page.Url}: {message.Text}");
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(console.Root, StringComparison.Ordinal))
            {
                faults.Add($"{page.Url} asks elsewhere: {request.Url}");
            }
        };
        if (Shots is not null)
        {
            await using var context = await console.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 600 } });
            var stranger = await context.NewPageAsync();
            await stranger.GotoAsync(console.Root);
            await stranger.ScreenshotAsync(new() { Path = $"{Shots}/sign-in-{width}-{theme}.png" });
        }

        foreach (var (name, path) in ConsolePages.Of(console))
        {
            await page.GotoAsync(console.Root + path);
            await page.EvaluateAsync(Axe);
            faults.AddRange((await WrongCommandsAsync(page)).Select(one => $"{name}: {one}"));
            var found = await page.EvaluateAsync<string[]>(RunAxe);
            faults.AddRange(found.Select(one => $"{name}: {one}"));
            if (await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
            {
                faults.Add($"{name} is wider than {width}");
            }

            if (Shots is not null)
            {
                await page.ScreenshotAsync(new() { Path = $"{Shots}/{name}-{width}-{theme}.png", FullPage = true });
            }
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }
}
