using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests.House;

/// <summary>The documentation as a site (<c>packaging/docs</c>), read from files: whole, and nobody else is asked for anything.</summary>
public sealed partial class SiteTests : IClassFixture<SiteTests.Site>
{
    private const string Maker = "/usr/bin/mkdocs";

    private readonly Site _site;

    public SiteTests(Site site)
    {
        Assert.SkipUnless(site.IsMade, $"There is no {Maker} (Debian's package mkdocs).");
        _site = site;
    }

    [Fact]
    public void Every_document_is_a_page_and_every_page_is_in_the_navigation()
    {
        var navigation = Navigation().Match(_site.Pages["index.html"]).Value;
        var named = Link().Matches(navigation).Select(link => Path.GetRelativePath(".", link.Groups[2].Value));

        // The page that finds is at the top of each page, and so is the first one.
        Assert.Equal(_site.Pages.Keys.Except(["index.html", "find.html"]).Order(), named.Order());
        Assert.Empty(Documents().Select(document => document.Page).Except(_site.Pages.Keys));
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        var dead =
            from page in _site.Pages
            from Match link in Link().Matches(page.Value)
            let target = WebUtility.HtmlDecode(link.Groups[2].Value)
            where !target.Contains(':', StringComparison.Ordinal) && !_site.Has(page.Key, target)
            select $"{page.Key}: {target}";

        Assert.Empty(dead);
    }

    [Fact]
    public void Nothing_is_asked_of_another_server()
    {
        var asked =
            from page in _site.Pages
            from Match fetched in Fetched().Matches(page.Value)
            where fetched.Value.Contains("//", StringComparison.Ordinal)
            select $"{page.Key}: {fetched.Value}";
        var styles = Directory.EnumerateFiles(_site.Folder, "*.css", SearchOption.AllDirectories).Select(File.ReadAllText);

        Assert.Empty(asked);
        Assert.All(styles, style => Assert.DoesNotMatch("@import|url\\(", style));
    }

    /// <summary>One inside a list is not: it becomes text.</summary>
    [Fact]
    public void Every_block_of_code_is_one_on_its_page() =>
        Assert.Empty(
            from document in Documents()
            let fences = File.ReadLines(document.File).Count(line => line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            let blocks = Block().Count(_site.Pages[document.Page])
            where blocks < fences / 2
            select $"{document.Page} has {blocks} blocks, its document {fences / 2}"
        );

    private static IEnumerable<(string File, string Page)> Documents() =>
        from file in RepositoryRoot.Files("*.md", "docs")
        select (file, Path.ChangeExtension(Path.GetRelativePath(Path.Combine(RepositoryRoot.Path, "docs"), file), ".html"));

    [GeneratedRegex("<pre>")]
    private static partial Regex Block();

    [GeneratedRegex("<nav .*?</nav>", RegexOptions.Singleline)]
    private static partial Regex Navigation();

    [GeneratedRegex("""<(a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]*)["]""")]
    private static partial Regex Link();

    /// <summary>Elements that fetch something when a page is opened.</summary>
    [GeneratedRegex("""<(?:link|script|img|iframe|object|embed|source|video|audio)\b[^>]*>""")]
    private static partial Regex Fetched();

    [GeneratedRegex("""\sid="([^"]*)["]""")]
    private static partial Regex Id();

    /// <summary>Made once, in a folder of its own.</summary>
    public sealed class Site : IAsyncLifetime
    {
        private readonly TempFolder _home = new();

        public bool IsMade => Pages.Count > 0;

        public string Folder => _home["site"];

        /// <summary>By their paths in the site.</summary>
        public IReadOnlyDictionary<string, string> Pages { get; private set; } = new Dictionary<string, string>();

        public async ValueTask InitializeAsync()
        {
            if (!File.Exists(Maker))
            {
                return;
            }

            var start = new ProcessStartInfo(Path.Combine(RepositoryRoot.Path, "packaging", "docs"), [Folder])
            {
                RedirectStandardError = true,
            };
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
            var told = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, told);
            Pages = Directory
                .EnumerateFiles(Folder, "*.html", SearchOption.AllDirectories)
                .ToDictionary(file => Path.GetRelativePath(Folder, file), File.ReadAllText);
        }

        public bool Has(string page, string target)
        {
            var (path, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, "");
            var file = path.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page) ?? "", path);
            var full = Path.GetFullPath(Path.Combine(Folder, file));
            return File.Exists(full)
                && (
                    anchor.Length == 0
                    || Id().Matches(Pages[Path.GetRelativePath(Folder, full)]).Any(id => id.Groups[1].Value == anchor)
                );
        }

        public ValueTask DisposeAsync()
        {
            _home.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
