using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Posix;
using Holdfast.Server.Hosting;
using Holdfast.Server.Settings;
using Holdfast.Testing;

namespace Holdfast.Server.Tests.Settings;

public sealed class SettingsTests
{
    [Fact]
    public void Without_anything_the_service_listens_on_the_loopback()
    {
        var settings = Read();

        Assert.True(settings.Listen.IsLoopback);
        Assert.Equal((1440, 400, 12), (settings.Jobs.TimeoutMinutes, settings.Tasks.HistoryDays, settings.Scheduling.CatchUpHours));
    }

    [Fact]
    public void The_command_line_beats_the_environment_which_beats_the_file()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["c.json"], """{"Jobs": {"Workers": 3, "TimeoutMinutes": 5, "MaxAttempts": 7}}""");

        var settings = SettingsReader.Read(
            folder["c.json"],
            new Dictionary<string, string> { ["HOLDFAST_Jobs__Workers"] = "4", ["HOLDFAST_JOBS__TIMEOUTMINUTES"] = "6" },
            new Dictionary<string, string?> { ["Jobs:Workers"] = "5" },
            "/d"
        );

        Assert.Equal((5, 6, 7), (settings.Jobs.Workers, settings.Jobs.TimeoutMinutes, settings.Jobs.MaxAttempts));
    }

    [Fact]
    public void Every_mistake_is_named_at_once_with_the_nearest_name_that_there_is()
    {
        var error = Assert.Throws<HoldfastException>(() =>
            Read(
                ("HOLDFAST_Jobs__Worker", "1"),
                ("HOLDFAST_Listen", "here"),
                ("HOLDFAST_Tasks__HistoryDays", "0"),
                ("HOLDFAST_Catalog__Postgres", "Password=secret")
            )
        );

        Assert.Equal(FailureKind.Refused, error.Kind);
        Assert.Contains("4 mistakes", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Jobs:Workers'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Listen'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Tasks:HistoryDays'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_is_in_a_folder_of_the_data_folder_or_where_its_address_says()
    {
        Assert.Equal(new RepositoryAddress.Folder("/d/repository"), Read().Repository);
        Assert.Equal(new RepositoryAddress.Folder("/srv/x"), Read(("HOLDFAST_Repository__Url", "file:///srv/x")).Repository);
        var bucket = Read(("HOLDFAST_Repository__Url", "s3://bucket/p?endpoint=http://h"));
        Assert.Equal("s3://bucket/p?endpoint=http://h", bucket.Repository.ToString());
        Assert.Null(bucket.RepositoryFolder);
        Assert.Null(bucket.RepositoryCredentials);
        Assert.Equal(
            "two",
            Read(("HOLDFAST_Repository__AccessKey", "one"), ("HOLDFAST_Repository__SecretKey", "two")).RepositoryCredentials?.SecretKey
        );
    }

    [Theory]
    [InlineData("s3://AKIA:hunter2@bucket/p", "holds no credentials")]
    [InlineData("s3://bucket/p?secret=hunter2", "'secret'")]
    [InlineData("sftp://hunter2/p", "'sftp:'")]
    public void An_address_of_a_repository_that_is_wrong_is_refused_and_not_repeated(string url, string named)
    {
        var error = Assert.Throws<HoldfastException>(() => Read(("HOLDFAST_Repository__Url", url)));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HOLDFAST_Repository__Path", "elsewhere")]
    [InlineData("HOLDFAST_Repository__AccessKey", "AKIA")]
    [InlineData("HOLDFAST_Repository__SecretKey", "hunter2")]
    public void Settings_of_a_repository_that_do_not_fit_together_are_refused(string name, string value)
    {
        var error = Assert.Throws<HoldfastException>(() => Read(("HOLDFAST_Repository__Url", "s3://bucket/p"), (name, value)));

        Assert.Contains("1 mistake:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://backup.example.com:8776")]
    [InlineData("http://my-host:8776")]
    [InlineData("https://127.0.0.1:8776")]
    [InlineData("http://127.0.0.1:8776/path")]
    [InlineData("http://*:8776")]
    public void A_service_listens_on_an_address_and_not_on_a_name_that_would_be_everywhere(string listen)
    {
        Assert.Null(ListenAddress.Parse(listen));
        Assert.Contains(
            "'Listen' is an address like",
            Assert.Throws<HoldfastException>(() => Read(("HOLDFAST_Listen", listen))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_file_that_is_no_json_is_told_with_the_line_of_the_mistake()
    {
        using var temp = new TempFolder();
        var file = temp.File("holdfast.json", "{\n  \"Repository\": { \"Path\": \"/srv/backup\"\n}"u8.ToArray());
        var none = new Dictionary<string, string?>();
        var e = Assert.Throws<HoldfastException>(() => SettingsReader.Read(file, new Dictionary<string, string>(), none, "/nowhere"));

        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains("LineNumber: 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_not_said_to_be_missing()
    {
        var none = new Dictionary<string, string?>();
        var e = Assert.Throws<HoldfastException>(() => SettingsReader.Read("/", new Dictionary<string, string>(), none, "/nowhere"));

        Assert.Contains($"'/' cannot be read by {OwnUser.Text}: Permission denied", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8776")]
    [InlineData("http://[::]:80")]
    [InlineData("http://localhost:8776/")]
    public void An_address_or_localhost_is_where_a_service_can_listen(string listen) =>
        Assert.Equal(new Uri(listen), Read(("HOLDFAST_Listen", listen)).Listen);

    [Theory]
    [InlineData("PruneAt", "3:30")]
    [InlineData("DrillAt", "24:00")]
    [InlineData("DrillAt", "04:30:00")]
    [InlineData("DrillVolumes", "0")]
    [InlineData("DrillCommand", "e2fsck -fn {}")]
    [InlineData("DrillCommand", "/usr/sbin/e2fsck -fn")]
    [InlineData("DrillFolder", "scratch")]
    public void Upkeep_that_could_not_be_done_is_refused_at_the_start(string setting, string text) =>
        Assert.Contains(
            $"'Upkeep:{setting}' is a",
            Assert.Throws<HoldfastException>(() => Read(($"HOLDFAST_Upkeep__{setting}", text))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("'Notifications:Smtp:From' go together", "Host=mail.example.com")]
    [InlineData("'Notifications:Smtp:From' is an address", "Host=mail.example.com", "From=nobody")]
    [InlineData("'Notifications:Smtp:Host' is the name", "Host=mail.example.com:25", "From=a@example.com")]
    [InlineData("'Notifications:Smtp:PasswordFile' go together", "Host=mail.example.com", "From=a@example.com", "User=a")]
    [InlineData("cannot be read", "Host=mail.example.com", "From=a@example.com", "User=a", "PasswordFile=/nowhere/at/all")]
    [InlineData("holds no password", "Host=mail.example.com", "From=a@example.com", "User=a", "PasswordFile=/dev/null")]
    [InlineData("sent for all to read", "Host=m", "From=a@example.com", "User=a", "PasswordFile=/dev/null", "Security=None")]
    [InlineData("is one of None StartTls Tls", "Security=ssl")]
    public void A_mail_server_that_could_not_be_used_is_refused_at_the_start(string why, params string[] settings) =>
        Assert.Contains(
            why,
            Assert
                .Throws<HoldfastException>(() =>
                    Read([.. settings.Select(one => one.Split('=')).Select(one => ($"HOLDFAST_Notifications__Smtp__{one[0]}", one[1]))])
                )
                .Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("DrillAt", "")]
    [InlineData("DrillAt", "23:59")]
    [InlineData("DrillCommand", "/usr/sbin/e2fsck -fn {}")]
    [InlineData("DrillCommand", "/bin/look --file={} --quiet")]
    [InlineData("DrillFolder", "/srv/scratch")]
    public void Upkeep_that_can_be_done_is_taken(string setting, string text) =>
        Assert.NotNull(Read(($"HOLDFAST_Upkeep__{setting}", text)));

    [Fact]
    public void A_repository_and_a_key_of_the_command_line_go_before_a_path_and_a_passphrase_of_the_environment()
    {
        var settings = SettingsReader.Read(
            null,
            new Dictionary<string, string>
            {
                ["HOLDFAST_Repository__Path"] = "/srv/configured",
                ["HOLDFAST_Repository__PassphraseFile"] = "/etc/holdfast/passphrase",
            },
            new Dictionary<string, string?> { ["Repository:Url"] = "/mnt/given", ["Repository:Key"] = "/mnt/given.key" },
            "/d"
        );

        Assert.Equal(("/mnt/given", "/mnt/given.key", null), (settings.RepositoryFolder, settings.KeyFile, settings.PassphraseFile));
    }

    [Fact]
    public void The_first_password_keeps_the_rule_of_passwords_and_is_not_told()
    {
        var error = Assert.Throws<HoldfastException>(() => Read(("HOLDFAST_ADMIN_PASSWORD", "geheim7")));
        Assert.Contains("HOLDFAST_ADMIN_PASSWORD: a password has 8 to 1024 characters", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_is_one_services_alone()
    {
        using var folder = new TempFolder();
        var settings = SettingsReader.Read(
            null,
            new Dictionary<string, string>(),
            new Dictionary<string, string?> { ["Listen"] = "http://127.0.0.1:0", ["Logging:Level"] = "None" },
            folder["data"]
        );
        await using var first = await StartAsync(settings);

        var error = await Assert.ThrowsAsync<HoldfastException>(() => StartAsync(settings));

        Assert.Equal(FailureKind.Busy, error.Kind);
        Assert.NotNull(first.First.AdminPassword);
    }

    [Theory]
    [InlineData("repository.key")]
    [InlineData("repository/config")]
    public async Task A_service_whose_key_or_repository_is_missing_names_it_and_goes_on_with_it_once_it_is_back(string missing)
    {
        using var folder = new TempFolder();
        var settings = SettingsReader.Read(
            null,
            new Dictionary<string, string>(),
            new Dictionary<string, string?> { ["Listen"] = "http://127.0.0.1:0", ["Logging:Level"] = "None" },
            folder["data"]
        );
        var path = Path.Combine(folder["data"], missing);
        await (await StartAsync(settings)).DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        File.Move(path, folder["away"]);
        var before = Contents(folder["data"]);

        var error = await Assert.ThrowsAsync<HoldfastException>(() => StartAsync(settings));

        Assert.Equal(FailureKind.NotFound, error.Kind);
        Assert.Contains(Path.Combine(folder["data"], missing.Split('/')[0]), error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents(folder["data"]));

        File.Move(folder["away"], path);
        await using var again = await StartAsync(settings);
        Assert.Equal(new FirstStart(null, Path.Combine(folder["data"], "initial-admin-password"), null), again.First);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    private static Task<HoldfastServer> StartAsync(ServerSettings settings) =>
        HoldfastServer.StartAsync(settings, TimeProvider.System, _ => { }, TestContext.Current.CancellationToken);

    /// <summary>Every file of the key and the repository with its bytes; the catalog's own come and go.</summary>
    private static IReadOnlyList<(string, string)> Contents(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetRelativePath(folder, file).StartsWith("repository", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(file => (file, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))))),
        ];

    private static ServerSettings Read(params (string Name, string Value)[] environment) =>
        SettingsReader.Read(null, environment.ToDictionary(pair => pair.Name, pair => pair.Value), new Dictionary<string, string?>(), "/d");
}
