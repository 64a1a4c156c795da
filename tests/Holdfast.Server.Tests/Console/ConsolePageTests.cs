using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Control.Catalog;
using Holdfast.Control.Policies;
using Holdfast.Server.Console.Words;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Console;

/// <summary>What the pages say, and that what they do is what the API does.</summary>
public sealed class ConsolePageTests(TestServer server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_volume_is_registered_put_into_a_policy_backed_up_and_restored_by_forms_alone()
    {
        using var browser = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var policy = await server.CreatePolicyAsync("by-forms");
        const string Name = "<b>tricky & \"quoted\"</b>";
        var registered = await browser.SubmitAsync(
            "/volumes/new",
            ("name", Name),
            ("source", server.AddFile("by-forms", 300_000)),
            ("policy", policy)
        );
        Assert.Equal(303, registered.Status);
        var volume = registered.Location!["/console".Length..];
        var page = await browser.GetAsync(volume);
        Assert.Contains("in its policy", page.Text, StringComparison.Ordinal);
        Assert.Contains("by-forms", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("in its policy", (await browser.GetAsync(volume)).Text, StringComparison.Ordinal); // told once

        var job = (await browser.SubmitAsync($"{volume}/backup")).Location!["/console".Length..];
        var made = await EndOfAsync(browser, job);
        Assert.True(made.Contains("It is done", StringComparison.Ordinal), HeroOf(made));
        var backup = Regex.Match(made, "/console(/backups/[0-9a-f-]{36})").Groups[1].Value;
        var refused = await browser.SubmitAsync($"{backup}/restore", ("where", "over"), ("confirm", "something else"));
        Assert.Equal(400, refused.Status);
        Assert.Contains("Nothing was done", refused.Text, StringComparison.Ordinal);

        var ordered = await browser.SubmitAsync($"{backup}/restore", ("where", "new"), ("name", "by-forms-restored"));
        Assert.True(ordered.Status == 303, HeroOf(ordered.Text));
        var restore = ordered.Location!;
        Assert.StartsWith("/console/jobs/", restore, StringComparison.Ordinal);
        var end = await EndOfAsync(browser, restore["/console".Length..]);
        Assert.True(end.Contains("It is done", StringComparison.Ordinal), HeroOf(end));

        var deleted = await browser.SubmitAsync($"{backup}/delete");
        Assert.Contains(
            "can be brought back for 7 days",
            (await browser.GetAsync(deleted.Location!["/console".Length..])).Text,
            StringComparison.Ordinal
        );

        var kept = await UntilAsync(browser, "/backups/deleted", text => text.Contains($"{backup}/purge", StringComparison.Ordinal));
        Assert.Contains($"{volume}\"><bdi>{Name}</bdi>", kept, StringComparison.Ordinal);
        var name = Regex.Match(kept, $@"<bdi>([^<]+)</bdi>(?:(?!<tr>).)*{backup}/purge", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal(303, (await browser.SubmitAsync($"{backup}/purge", ("confirm", name + "x"))).Status);
        var still = (await browser.GetAsync("/backups/deleted")).Text;
        Assert.Contains("Nothing was done", still, StringComparison.Ordinal);
        Assert.Contains($"{backup}/purge", still, StringComparison.Ordinal);
        Assert.Equal(303, (await browser.SubmitAsync($"{backup}/purge", ("confirm", name))).Status);
        await UntilAsync(browser, "/backups/deleted", text => !text.Contains($"{backup}/purge", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_has_no_name_is_called_by_its_id_and_is_overwritten_by_none_who_does_not_type_it()
    {
        using var browser = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var named = await server.AddVolumeAsync("console-nameless", 30_000);
        var backup = await server.BackUpAsync(named, "");
        await using (var tx = await server.Server.Services.GetRequiredService<CatalogDatabase>().BeginAsync(Cancel))
        {
            // As the API makes a volume of a request without a name.
            await tx.ExecuteAsync("UPDATE volume SET name = '' WHERE id = @id", new { id = named }, Cancel);
            await tx.CommitAsync(Cancel);
        }

        foreach (var (path, id) in ((string, string)[])[("/volumes", named), ("/backups", named), ($"/backups/{backup}/restore", named)])
        {
            Assert.Contains($"<bdi>{id}</bdi>", (await browser.GetAsync(path)).Text, StringComparison.Ordinal);
        }

        var refused = await browser.SubmitAsync($"/backups/{backup}/restore", ("where", "over"), ("confirm", ""));
        Assert.Equal(400, refused.Status);
        Assert.Contains("Nothing was done", refused.Text, StringComparison.Ordinal);
        var over = await browser.SubmitAsync($"/backups/{backup}/restore", ("where", "over"), ("confirm", named));
        Assert.StartsWith("/console/jobs/", over.Location, StringComparison.Ordinal);
        Assert.Contains("It is done", await EndOfAsync(browser, over.Location!["/console".Length..]), StringComparison.Ordinal);

        await browser.SubmitAsync($"/backups/{backup}/delete");
        await UntilAsync(browser, "/backups/deleted", text => text.Contains($"<bdi>{backup}</bdi>", StringComparison.Ordinal));
        await browser.SubmitAsync($"/backups/{backup}/purge", ("confirm", backup));
        await UntilAsync(browser, "/backups/deleted", text => !text.Contains(backup, StringComparison.Ordinal));
        Assert.Equal("/console/volumes", (await browser.SubmitAsync($"/volumes/{named}/remove", ("confirm", named))).Location);
    }

    [Theory]
    [InlineData("two blanks, and a line", "two  blanks,\nand a line ", true)]
    [InlineData("seen[31m", "s\u200been\e[31m", true)]
    [InlineData(" data ", "data", true)]
    [InlineData("Data", "data", false)]
    [InlineData("", "", false)]
    [InlineData("", "\u200b", false)]
    public void A_name_is_typed_as_a_page_shows_it(string typed, string name, bool same) => Assert.Equal(same, Named.IsTyped(typed, name));

    [Fact]
    public async Task Each_backup_says_why_it_is_kept_and_whether_anything_removes_it()
    {
        using var browser = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var (policy, volume) = (await server.CreatePolicyAsync("badges"), await server.AddVolumeAsync("console-badges", 30_000));
        Assert.Equal(303, (await browser.SubmitAsync($"/policies/{policy}/join", ("volume", volume))).Status);
        var jobs = (await browser.SubmitAsync($"/policies/{policy}/run")).Location!["/console".Length..];
        var job = Regex.Match((await browser.GetAsync(jobs)).Text, "/console(/jobs/[0-9a-f]{32})").Groups[1].Value;
        Assert.Contains("It is done", await EndOfAsync(browser, job), StringComparison.Ordinal);

        foreach (var page in (string[])[$"/backups?volume={volume}", $"/volumes/{volume}"])
        {
            Assert.Contains("one of the newest 10", (await browser.GetAsync(page)).Text, StringComparison.Ordinal);
        }

        Assert.Equal(303, (await browser.SubmitAsync($"/policies/{policy}/leave", ("volume", volume))).Status);
        foreach (var page in (string[])[$"/backups?volume={volume}", $"/volumes/{volume}"])
        {
            Assert.Contains("no retention looks at it now", (await browser.GetAsync(page)).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_the_api_refuses_is_told_in_its_words_and_the_form_keeps_what_was_typed()
    {
        using var browser = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var page = await browser.SubmitAsync("/volumes/new", ("name", "typed-name"), ("source", "/dev/null/nothing"));
        Assert.Equal(400, page.Status);
        Assert.Contains("role=\"alert\"", page.Text, StringComparison.Ordinal);
        Assert.Contains("value=\"typed-name\"", page.Text, StringComparison.Ordinal);
    }

    /// <summary>Where things are on the machine is for admins.</summary>
    [Fact]
    public async Task A_reader_sees_no_path_of_the_machine()
    {
        var volume = await server.AddVolumeAsync("console-path", 20_000);
        await server.MakeCallerAsync("console_pathless", Control.Users.Role.Reader, "default");
        using var reader = await Browser.SignInAsync(server, "console_pathless", "pass word");
        using var admin = await Browser.SignInAsync(server, "admin", TestServer.Password);
        Assert.Contains("file:///", (await admin.GetAsync($"/volumes/{volume}")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("file://", (await reader.GetAsync($"/volumes/{volume}")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Folder, (await reader.GetAsync($"/volumes/{volume}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_another_projects_is_not_there()
    {
        var volume = await server.AddVolumeAsync("console-mine", 20_000);
        await server.MakeCallerAsync("console_stranger", Control.Users.Role.Admin, "console_strangers");
        using var stranger = await Browser.SignInAsync(server, "console_stranger", "pass word", "console_strangers");
        Assert.Equal(404, (await stranger.GetAsync($"/volumes/{volume}")).Status);
        Assert.DoesNotContain("console-mine", (await stranger.GetAsync("/volumes")).Text, StringComparison.Ordinal);
        Assert.Equal(404, (await stranger.GetAsync("/no-such-page")).Status);
    }

    /// <summary>Of each list that has pages: all of them, each thing once.</summary>
    [Fact]
    public async Task Pages_follow_each_other_without_a_gap()
    {
        var (policy, volume) = ($"{Guid.CreateVersion7()}", $"{Guid.CreateVersion7()}");
        await server.MakeCallerAsync("console_pages", Control.Users.Role.Admin, "console_pages");
        using var browser = await Browser.SignInAsync(server, "console_pages", "pass word", "console_pages");
        var project = (await browser.GetAsync("/project")).Field("project");
        var values = Enumerable
            .Range(0, 120)
            .Select(i => (Id: $"{Guid.CreateVersion7()}", Job: $"{Guid.CreateVersion7():N}", At: 1000 + (i / 2)))
            .ToList();
        await FillAsync(
            $"""
            INSERT INTO policy (id, project_id, name, is_default, enabled, start_time, frequency, retention_count, keep_first_of_month,
              created_at, updated_at)
            VALUES ('{policy}', '{project}', 'pages', 0, 0, '22:00', 1, 14, 0, 1, 1);
            INSERT INTO task_counter (policy_id, status, tasks) VALUES ('{policy}', 6, 120);
            {string.Concat(
                values.Select(one =>
                    $"""
                    INSERT INTO task (id, policy_id, project_id, volume_id, status, origin, created_at, finished_at, code, message)
                    VALUES ('{one.Id}', '{policy}', '{project}', '{volume}', 6, 2, {one.At}, {one.At}, 'x', 'task-{one.Id}');
                    INSERT INTO job (id, project_id, kind, state, arguments, created_at, run_after, begin_at, finished_at, attempt)
                    VALUES ('{one.Job}', '{project}', 2, 3, '{"{}"}', {one.At}, 1, 1, {one.At}, 1);
                    INSERT INTO backup (id, project_id, volume_id, status, volume_bytes, created_at, updated_at, available_at, number)
                    VALUES ('{one.Id}', '{project}', '{volume}', 2, 1, {one.At}, 1, 1, {values.IndexOf(one) + 1});
                    """
                )
            )}
            """
        );

        var (ids, jobs) = (values.Select(one => one.Id).Order(), values.Select(one => one.Job).Order());
        Assert.Equal(ids, (await WalkAsync(browser, $"/jobs?policy={policy}", "task-([0-9a-f-]{36})")).Order());
        Assert.Equal(jobs, (await WalkAsync(browser, "/jobs", "/console/jobs/([0-9a-f]{32})")).Order());
        Assert.Equal(ids, (await WalkAsync(browser, "/backups", "/console/backups/([0-9a-f-]{36})\"")).Order());
    }

    private async Task FillAsync(string sql)
    {
        await using var tx = await server.Server.Services.GetRequiredService<CatalogDatabase>().BeginAsync(Cancel);
        await tx.ExecuteAsync(sql, null, Cancel);
        await tx.CommitAsync(Cancel);
    }

    private static async Task<List<string>> WalkAsync(Browser browser, string path, string pattern)
    {
        var found = new List<string>();
        var next = path;
        while (next is not null)
        {
            var page = await browser.GetAsync(next);
            Assert.Equal(200, page.Status);
            found.AddRange(Regex.Matches(page.Text, pattern).Select(match => match.Groups[1].Value));
            var link = Regex.Match(page.Text, "rel=\"next\" href=\"/console([^\"]*)\"");
            next = link.Success ? link.Groups[1].Value : null;
        }

        return found;
    }

    /// <summary>Reads the sentence as a person would, and comes to the instants at which the scheduler fires.</summary>
    [Fact]
    public void The_sentence_of_a_schedule_means_what_the_schedule_does()
    {
        var random = new Random(20261128);
        for (var i = 0; i < 200; i++)
        {
            var (byWeek, sign) = (random.Next(2) == 0, random.Next(2) == 0 ? "+" : "-");
            var hours = Enumerable.Range(0, 24).Where(_ => random.Next(6) == 0).DefaultIfEmpty(7);
            var days = Enum.GetValues<DayOfWeek>().Where(_ => random.Next(2) == 0).DefaultIfEmpty(DayOfWeek.Monday);
            var schedule = new Schedule
            {
                StartTime = string.Join(',', hours.Select(hour => $"{hour:00}:00")),
                Frequency = byWeek ? null : random.Next(1, 31),
                Weekdays = byWeek ? [.. days] : null,
                TimeZone = random.Next(2) == 0 ? null : $"UTC{sign}{random.Next(0, 12):00}:{random.Next(2) * 30:00}",
            };
            var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(525_600));
            var sentence = ScheduleWords.Of(schedule);
            Assert.True(
                ReadSentence(sentence, now).Take(ScheduleWords.Firings).SequenceEqual(ScheduleWords.Next(schedule, now)),
                $"'{sentence}' of {schedule}"
            );
        }
    }

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1023, "1 KiB")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1L << 40, "1 TiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void What_exists_is_never_told_as_nothing(long bytes, string text) => Assert.Equal(text, Figures.Size(bytes));

    private static IEnumerable<DateTimeOffset> ReadSentence(string sentence, DateTimeOffset after)
    {
        HashSet<int> NumbersOf(string pattern) =>
            [.. Regex.Matches(sentence, pattern).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

        var hours = NumbersOf("([0-9]{2}):00(?=[^.]* UTC\\.)");
        var dates = NumbersOf("([0-9]+)(?:st|nd|rd|th)");
        var days = Enum.GetValues<DayOfWeek>().Where(day => sentence.Contains($"{day}", StringComparison.Ordinal)).ToHashSet();
        var zone = Regex.Match(sentence, "counted in UTC([+-])([0-9]{2}:[0-9]{2})");
        var offset = zone.Success ? TimeSpan.Parse(zone.Groups[2].Value, CultureInfo.InvariantCulture) : TimeSpan.Zero;
        offset = zone.Groups[1].Value == "-" ? -offset : offset;
        for (var hour = new DateTimeOffset(after.UtcDateTime.Date, TimeSpan.Zero); ; hour = hour.AddHours(1))
        {
            var local = hour + offset;
            if (
                hour > after
                && hours.Contains(hour.Hour)
                && (
                    sentence.StartsWith("Every day", StringComparison.Ordinal) || days.Contains(local.DayOfWeek) || dates.Contains(
                        local.Day
                    )
                )
            )
            {
                yield return hour;
            }
        }
    }

    /// <summary>What a page says first.</summary>
    private static string HeroOf(string page) => Regex.Match(page, "(?s)<(section class=\"hero|p class=\"note).*?</(section|p)>").Value;

    private static Task<string> EndOfAsync(Browser browser, string job) =>
        UntilAsync(browser, job, text => !text.Contains("data-live-until", StringComparison.Ordinal));

    private static async Task<string> UntilAsync(Browser browser, string page, Func<string, bool> isSo)
    {
        var text = "";
        await TestServer.UntilAsync(
            async () => isSo(text = (await browser.GetAsync(page)).Text),
            () => $"{page} is not as awaited: {text}"
        );
        return text;
    }
}
