using System.Text.RegularExpressions;
using Holdfast.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;

namespace Holdfast.SystemTests.Console;

/// <summary>
/// A running service with volumes in all the states that a console must tell, and Debian's Chromium to look at it. Where there is no
/// Chromium its tests are skipped by name.
/// </summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    public const string Chromium = "/usr/bin/chromium";

    /// <summary>As long as a name may be where people still read it, and more than a phone's width.</summary>
    public static readonly string LongName = string.Concat(Enumerable.Repeat("a-name-that-goes-on-and-on-", 8))[..200];

    public const string RightToLeft = "גיבוי של מסד הנתונים";
    public const string Markup = "<script>alert('x')</script>";

    private static readonly string[] Quiet =
    [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    /// <summary>Milliseconds; also how long a browser looks for what is not there yet.</summary>
    private static readonly float Patience = (float)HoldfastProcess.Patience.TotalMilliseconds;

    private readonly TempFolder _home = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private RunningService? _service;

    internal RunningService Service => _service ?? throw new InvalidOperationException("The fixture is not started.");

    private IBrowser Browser => _browser ?? throw new InvalidOperationException("The fixture is not started.");

    public string Root => $"{Service.Address.GetLeftPart(UriPartial.Authority)}/console";

    /// <summary>A policy that is on, with volumes and backups.</summary>
    public string Policy { get; private set; } = "";

    /// <summary>Volumes by their names.</summary>
    public Dictionary<string, string> Volumes { get; } = [];

    /// <summary>Of the volume "database".</summary>
    public string Backup { get; private set; } = "";

    public string FailedJob { get; private set; } = "";

    public static void SkipWithoutChromium() =>
        Assert.SkipUnless(File.Exists(Chromium), $"There is no {Chromium}: apt-get install chromium.");

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            return;
        }

        _service = await RunningService.StartAsync(_home);
        await SeedAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Quiet });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
        _service?.Dispose();
        _home.Dispose();
    }

    public async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        var context = await Browser.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        return context;
    }

    /// <summary>A page of a browser of its own, signed in.</summary>
    /// <param name="theme"><c>light</c> or <c>dark</c>.</param>
    public async Task<IPage> SignInAsync(int width = 1280, string theme = "light", bool javaScript = true)
    {
        var context = await NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = 900 },
                ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
                ReducedMotion = ReducedMotion.Reduce,
                JavaScriptEnabled = javaScript,
            }
        );
        var page = await context.NewPageAsync();
        await page.GotoAsync(Root);
        await page.GetByLabel("User").FillAsync("admin");
        await page.GetByLabel("Password").FillAsync(RunningService.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await ArriveAsync(page, "");
        return page;
    }

    /// <summary>
    /// Waits until the browser is at an address of the console and has read the page to its end: a click or a key is done before the
    /// page that it leads to has come.
    /// </summary>
    /// <param name="path">A pattern for all that follows the console's root.</param>
    public async Task ArriveAsync(IPage page, string path)
    {
        var address = new Regex($"^{Regex.Escape(Root)}{path}$");
        await Assertions.Expect(page).ToHaveURLAsync(address, new() { Timeout = Patience });
        await page.Locator("body > footer").WaitForAsync();
    }

    /// <summary>One that is protected and proven, one that failed, one that is overdue, one that no policy has, one that waits.</summary>
    private async Task SeedAsync()
    {
        Policy = await IdOfAsync("policy", "create", "nightly", "--start-time", "22:00");
        foreach (var name in (string[])["database", "mail", "media", "scratch", LongName, RightToLeft, Markup])
        {
            var file = _home.File($"{Volumes.Count}.img", [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 / 7 % 251))]);
            Volumes[name] = await IdOfAsync("volume", "add", name, file);
        }

        foreach (var name in (string[])["database", "mail", "media"])
        {
            (await Service.RunAsync("policy", "associate", Policy, Volumes[name])).Succeeds();
        }

        await Service.ExecuteAndWaitAsync(Policy);
        File.Delete(_home["1.img"]);
        var tasks = await Service.ExecuteAndWaitAsync(Policy);
        FailedJob = tasks
            .GetProperty("tasks")
            .EnumerateArray()
            .First(task => task.GetProperty("status").GetString() == "EXECUTE_FAIL")
            .GetProperty("vbs_job_id")
            .GetString()!;
        (await Service.RunAsync("drill", "run", Volumes["database"], "--wait")).Succeeds();
        (await Service.RunAsync("policy", "associate", Policy, Volumes[LongName], Volumes[RightToLeft])).Succeeds();
        Backup = (await Service.RunAsync("backup", "list", "--volume", Volumes["database"], "--json"))
            .Succeeds()
            .Json.EnumerateArray()
            .First()
            .GetProperty("id")
            .GetString()!;
        await MakeOldAsync(Volumes["media"]);
        (await Service.RunAsync("backup", "delete", await IdOfAsync("backup", "create", "scratch"))).Succeeds();
    }

    private async Task<string> IdOfAsync(params string[] verb) =>
        (await Service.RunAsync([.. verb, "--json"])).Succeeds().Json.GetProperty("id").GetString()!;

    /// <summary>Lets all that a volume has be ten days older, as if its policy's firings had been missed since; and two of these days be
    /// found to have been.</summary>
    private async Task MakeOldAsync(string volume)
    {
        await using var catalog = new SqliteConnection($"Data Source={_home["data", "catalog.db"]}");
        await catalog.OpenAsync();
        await using var command = catalog.CreateCommand();
        command.CommandText = """
            UPDATE backup SET created_at = created_at - 864000000 WHERE volume_id = $volume;
            UPDATE policy_volume SET added_at = added_at - 864000000 WHERE volume_id = $volume;
            INSERT INTO missed_day (project_id, policy_id, day, volumes)
            SELECT p.project_id, p.id, unixepoch() / 86400 - d.days, 1
            FROM policy p JOIN policy_volume v ON v.policy_id = p.id AND v.volume_id = $volume
            CROSS JOIN (SELECT 5 AS days UNION ALL SELECT 6) d;
            """;
        command.Parameters.AddWithValue("$volume", volume);
        await command.ExecuteNonQueryAsync();
    }
}
