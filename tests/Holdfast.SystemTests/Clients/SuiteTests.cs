using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>
/// Suites of tests that others wrote for services of this kind, as Debian packages them. What does not pass, and why, is told in
/// <c>docs/clients.md</c>; these tests hold that page: a test that fails and is not there fails here, and so does a row whose tests pass.
/// </summary>
public sealed partial class SuiteTests(ClientService service) : IClassFixture<ClientService>
{
    private const string Packages = "/usr/lib/python3/dist-packages";

    /// <summary>Without blanks: some suites write it on a command line and split that at them.</summary>
    private const string PlainPassword = "plainpassword";

    private static readonly string Runner = Path.Combine(RepositoryRoot.Path, "tests/Holdfast.SystemTests/Clients/suites/run.py");
    private static readonly string Page = Path.Combine(RepositoryRoot.Path, "docs/clients.md");

    [Fact]
    public async Task Tempest_passes_but_for_what_the_page_on_clients_names()
    {
        SkipWithout("tempest", "python3-tempest");
        var folder = service.Service.Home;
        await File.WriteAllTextAsync(Path.Combine(folder, "tempest.conf"), TempestConf(folder), TestContext.Current.CancellationToken);

        await AssertAsPageSaysAsync(
            "tempest",
            new Dictionary<string, string> { ["TEMPEST_CONFIG_DIR"] = folder, ["OS_TEST_TIMEOUT"] = "60" },
            "tempest.api.volume",
            "tempest.api.identity.v3",
            "tempest.api.identity.admin.v3"
        );
    }

    [Fact]
    public async Task Openstacksdks_functional_tests_pass_but_for_what_the_page_on_clients_names()
    {
        SkipWithout("openstack/tests/functional", "python3-openstacksdk");
        await MakeUserAsync("operator", "admin", "default");
        foreach (var name in (string[])["demo", "demo-alt"])
        {
            (await service.Service.RunAsync("project", "create", name)).Succeeds();
            await MakeUserAsync(name, "member", name);
        }

        var clouds = Path.Combine(service.Service.Home, "clouds.yaml");
        await File.WriteAllTextAsync(
            clouds,
            $"clouds:\n{Cloud("devstack-admin", "operator", "default")}{Cloud("devstack", "demo", "demo")}"
                + Cloud("devstack-alt", "demo-alt", "demo-alt"),
            TestContext.Current.CancellationToken
        );

        await AssertAsPageSaysAsync(
            "openstacksdk",
            new Dictionary<string, string>
            {
                ["OS_CLIENT_CONFIG_FILE"] = clouds,
                ["OS_TEST_TIMEOUT"] = "60",
                ["OPENSTACKSDK_FUNC_TEST_TIMEOUT"] = "30",
            },
            "openstack.tests.functional.block_storage.v3",
            "openstack.tests.functional.cloud.test_limits",
            "openstack.tests.functional.cloud.test_project",
            "openstack.tests.functional.cloud.test_quotas",
            "openstack.tests.functional.cloud.test_users"
        );
    }

    [Fact]
    public async Task Cinderclients_functional_tests_pass_but_for_what_the_page_on_clients_names()
    {
        SkipWithout("cinderclient/tests/functional", "python3-cinderclient");
        SkipWithout("tempest", "python3-tempest");
        await MakeUserAsync("cinder-operator", "admin", "default");

        await AssertAsPageSaysAsync(
            "cinderclient",
            new Dictionary<string, string>(service.OpenRc)
            {
                ["OS_USERNAME"] = "cinder-operator",
                ["OS_PASSWORD"] = PlainPassword,
                ["OS_CINDERCLIENT_EXEC_DIR"] = (await service.CinderAsync()).Folder,
            },
            "cinderclient.tests.functional.test_cli.CinderBackupTests",
            "cinderclient.tests.functional.test_cli.CinderVolumeTests",
            "cinderclient.tests.functional.test_readonly_cli"
        );
    }

    private static void SkipWithout(string folder, string package) =>
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Packages, folder)),
            $"There is no {folder} for {ClientProgram.Python}: install {package}."
        );

    private async Task AssertAsPageSaysAsync(string suite, IReadOnlyDictionary<string, string> environment, params string[] packages)
    {
        var log = Path.Combine(service.Service.Home, $"{suite}.log");
        string[] arguments = [Runner, "4", log, .. packages];
        var ended = await ClientProgram.RunAsync(ClientProgram.Python, service.Service.Home, environment, null, arguments);
        var tests = ClientProgram
            .Documents(ended.Succeeds().Output)
            .Select(test => (Name: Text(test, "test"), Passed: Text(test, "result") == "passed", Why: Text(test, "why")))
            .ToList();
        var (passing, rows) = Section(suite);

        Assert.Empty(
            tests
                .Where(test => !test.Passed && !rows.Any(row => row.IsMatch(test.Name)))
                .Select(test => $"{test.Name}: {test.Why}")
                .Order(StringComparer.Ordinal)
        );
        Assert.Empty(tests.Where(test => test.Passed && rows.Any(row => row.IsMatch(test.Name))).Select(test => $"{test.Name} passes"));
        Assert.Empty(rows.Where(row => !tests.Any(test => row.IsMatch(test.Name))).Select(row => $"{row} is no test"));
        Assert.Equal(passing, tests.Count(test => test.Passed));
    }

    /// <summary>How many tests of a suite pass, as the page says, and the names that its rows give of those that do not.</summary>
    private static (int Passing, IReadOnlyList<Regex> Rows) Section(string suite)
    {
        var lines = File.ReadLines(Page)
            .SkipWhile(line => line != $"### {suite}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .ToList();
        var passing = lines.Select(line => PassingLine().Match(line)).Single(match => match.Success).Groups[1].Value;
        var rows = lines
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => NameInTable().Matches(line.Split('|')[1]))
            .Select(name => new Regex($@"\.{Regex.Escape(name.Groups[1].Value).Replace(@"\*", ".*", StringComparison.Ordinal)}$"));
        return (int.Parse(passing, CultureInfo.InvariantCulture), [.. rows]);
    }

    private async Task MakeUserAsync(string name, string role, string project)
    {
        var file = Path.Combine(service.Service.Home, "plain-password");
        await File.WriteAllTextAsync(file, PlainPassword + "\n", TestContext.Current.CancellationToken);
        (await service.Service.RunAsync("user", "create", name, "--password-file", file)).Succeeds();
        (await service.Service.RunAsync("user", "grant", name, "--role", role, "--project", project)).Succeeds();
    }

    /// <remarks>Its tests of backups want an object store to be there. They are told an address and ask nothing of it.</remarks>
    private string Cloud(string name, string user, string project) =>
        $"""
              {name}:
                auth:
                  auth_url: {service.Service.Identity}
                  username: {user}
                  password: {PlainPassword}
                  project_name: {project}
                  user_domain_id: default
                  project_domain_id: default
                region_name: RegionOne
                identity_api_version: 3
                volume_api_version: 3
                has_image: false
                has_compute: false
                object_store_endpoint_override: {service.Address}no-object-store

            """;

    private string TempestConf(string folder) =>
        $"""
            [DEFAULT]
            log_dir = {folder}
            log_file = tempest.log
            state_path = {folder}
            [oslo_concurrency]
            lock_path = {folder}
            [auth]
            use_dynamic_credentials = true
            create_isolated_networks = false
            admin_username = {service.OpenRc["OS_USERNAME"]}
            admin_password = {service.OpenRc["OS_PASSWORD"]}
            admin_project_name = {service.OpenRc["OS_PROJECT_NAME"]}
            admin_domain_name = Default
            tempest_roles = member
            [identity]
            uri_v3 = {service.Service.Identity}
            auth_version = v3
            region = RegionOne
            [identity-feature-enabled]
            trust = false
            application_credentials = false
            api_v2 = false
            api_v2_admin = false
            [service_available]
            cinder = true
            nova = false
            glance = false
            neutron = false
            swift = false
            [volume]
            build_timeout = 30
            min_microversion = 3.0
            max_microversion = 3.45
            storage_protocol = file
            vendor_name = Holdfast
            [volume-feature-enabled]
            backup = true
            snapshot = false
            clone = false
            manage_volume = false

            """;

    private static string Text(System.Text.Json.JsonElement test, string member) => test.GetProperty(member).GetString() ?? "";

    [GeneratedRegex(@"^Of its tests ([0-9]+) pass\b")]
    private static partial Regex PassingLine();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex NameInTable();
}
