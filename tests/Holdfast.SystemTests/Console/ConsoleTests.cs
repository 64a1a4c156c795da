using Deque.AxeCore.Commons;

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
        foreach (var (name, path) in ConsolePages.Of(console))
        {
            await page.GotoAsync(console.Root + path);
            await page.EvaluateAsync(Axe);
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
