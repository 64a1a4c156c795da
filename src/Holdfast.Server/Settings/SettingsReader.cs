using System.Globalization;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Settings;

/// <summary>Reads the settings: defaults, then a file, then the environment, then what the command line says. Every mistake is told at
/// once.</summary>
public static class SettingsReader
{
    public const string EnvironmentPrefix = "HOLDFAST_";

    private const string KeystonePassword = "Identity:Keystone:Password";

    /// <summary>Settings whose value is not told when it is wrong.</summary>
    private static readonly string[] Secrets = ["Catalog:Postgres", KeystonePassword];

    /// <summary>What a setting is called and how its text is taken; the answer is what is wrong with it, or null.</summary>
    private static readonly Dictionary<string, Func<ServerSettings, string, string?>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Data"] = (s, text) => Take(text.Length > 0, () => s.Data = Path.GetFullPath(text), "is a folder"),
        ["Listen"] = (s, text) => Take(ListenAddress.Parse(text) is not null, () => s.Listen = new Uri(text), ListenAddress.Rule),
        ["PublicUrl"] = (s, text) =>
            Url(text, ["http", "https"], url => s.PublicUrl = url, "is an address like https://backup.example.com"),
        ["Proxies"] = (s, text) =>
            Take(
                ForwardedRequests.Parse(text) is not null,
                () => s.Proxies = ForwardedRequests.Parse(text),
                "is a list of IP addresses and networks like 10.0.0.1, 10.1.0.0/16"
            ),
        ["Catalog:Postgres"] = (s, text) => Postgres(text, value => s.Postgres = value),
        ["Repository:Path"] = (s, text) => Take(text.Length > 0, () => s.RepositoryPath = text, "is a folder"),
        ["Repository:Key"] = (s, text) => Take(text.Length > 0, () => s.RepositoryKey = text, "is a file"),
        ["Repository:Compression"] = (s, text) =>
            Take(
                CompressionNames.TryParse(text) is not null,
                () => s.Compression = CompressionNames.TryParse(text) ?? s.Compression,
                "is fast, default or small"
            ),
        ["Repository:ChunkSizeKiB"] = (s, text) =>
            Number(text, 16, 4096, value => s.ChunkSizeKib = value) ?? (int.IsPow2(s.ChunkSizeKib) ? null : "is a power of two"),
        ["Limits:MaxBodyBytes"] = (s, text) => Number(text, 1024, 64 * 1024 * 1024, value => s.MaxBodyBytes = value),
        ["Identity:Mode"] = (s, text) =>
            text.ToUpperInvariant() switch
            {
                "EMBEDDED" => Take(true, () => s.IsKeystone = false, ""),
                "KEYSTONE" => Take(true, () => s.IsKeystone = true, ""),
                _ => "is Embedded or Keystone",
            },
        ["Identity:Keystone:Url"] = (s, text) =>
            Url(
                text.TrimEnd('/'),
                ["http", "https"],
                url =>
                    s.KeystoneGiven.Url = url.AbsolutePath.EndsWith("/v3", StringComparison.Ordinal)
                        ? url
                        : new Uri($"{url.ToString().TrimEnd('/')}/v3"),
                "is an address like http://keystone.example.com:5000/v3"
            ),
        ["Identity:Keystone:Username"] = (s, text) => Take(text.Length > 0, () => s.KeystoneGiven.Username = text, "is the name of a user"),
        [KeystonePassword] = (s, text) => Take(text.Length > 0, () => s.KeystoneGiven.Password = text, "is a password"),
        ["Identity:Keystone:Project"] = (s, text) =>
            Take(text.Length > 0, () => s.KeystoneGiven.Project = text, "is the name of a project"),
        ["Identity:Keystone:UserDomain"] = (s, text) =>
            Take(text.Length > 0, () => s.KeystoneGiven.UserDomain = text, "is the name of a domain"),
        ["Identity:Keystone:ProjectDomain"] = (s, text) =>
            Take(text.Length > 0, () => s.KeystoneGiven.ProjectDomain = text, "is the name of a domain"),
        ["Identity:Keystone:AdminRole"] = (s, text) =>
            Take(
                text.Length > 0 && s.KeystoneGiven.RoleOf(text) is null or Role.Admin,
                () => s.KeystoneGiven.AdminRole = text,
                "is the name of a role, and not of one that makes a member or reader"
            ),
        ["Identity:Keystone:CacheSeconds"] = (s, text) => Number(text, 1, 300, value => s.KeystoneGiven.CacheSeconds = value),
        ["Identity:Keystone:TimeoutSeconds"] = (s, text) => Number(text, 1, 60, value => s.KeystoneGiven.TimeoutSeconds = value),
        ["Logging:Level"] = (s, text) =>
            Take(
                Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level),
                () => s.LogLevel = level,
                "is one of Trace Debug Information Warning Error Critical None"
            ),
        ["Bench:FixedAnswer"] = (s, text) => Switch(text, value => s.FixedAnswer = value),
        ["Policies:MaxPerProject"] = (s, text) => Number(text, 1, 100_000, value => s.Policies.MaxPerProject = value),
        ["Policies:MaxVolumes"] = (s, text) => Number(text, 1, 100_000, value => s.Policies.MaxVolumes = value),
        ["Policies:CreateDefault"] = (s, text) => Switch(text, value => s.Policies.CreateDefault = value),
        ["Quotas:Backups"] = (s, text) => Limit(text, value => s.Quotas.Backups = value),
        ["Quotas:BackupGigabytes"] = (s, text) => Limit(text, value => s.Quotas.BackupGigabytes = value),
        ["Quotas:BackupsPerVolume"] = (s, text) => Limit(text, value => s.Quotas.BackupsPerVolume = value),
        ["Volumes:Path"] = (s, text) => Take(text.Length > 0, () => s.VolumesPath = text, "is a folder"),
        ["Tasks:HistoryDays"] = (s, text) => Number(text, 1, 36_500, value => s.Tasks.HistoryDays = value),
        ["Tasks:StoreSkipped"] = (s, text) => Switch(text, value => s.Tasks.StoreSkipped = value),
        ["Jobs:TimeoutMinutes"] = (s, text) => Number(text, 1, 525_600, value => s.Jobs.TimeoutMinutes = value),
        ["Jobs:Workers"] = (s, text) => Number(text, 0, 256, value => s.Jobs.Workers = value),
        ["Jobs:LeaseSeconds"] = (s, text) => Number(text, 3, 3600, value => s.Jobs.LeaseSeconds = value),
        ["Jobs:MaxAttempts"] = (s, text) => Number(text, 1, 100, value => s.Jobs.MaxAttempts = value),
        ["Jobs:RetrySeconds"] = (s, text) => Number(text, 1, 3600, value => s.Jobs.RetrySeconds = value),
        ["Jobs:PollSeconds"] = (s, text) => Number(text, 1, 60, value => s.Jobs.PollSeconds = value),
        ["Jobs:KeepDays"] = (s, text) => Number(text, 1, 36_500, value => s.Jobs.KeepDays = value),
        ["Scheduling:CatchUpHours"] = (s, text) => Number(text, 0, 8760, value => s.Scheduling.CatchUpHours = value),
        ["Scheduling:TickSeconds"] = (s, text) => Number(text, 1, 60, value => s.Scheduling.TickSeconds = value),
    };

    /// <summary>Variables of ours that are not settings of the service.</summary>
    private static readonly string[] NotSettings = ["ADMIN_PASSWORD", "DEBUG"];

    /// <param name="file">A JSON file, or null.</param>
    /// <param name="environment">The process's environment; what begins with HOLDFAST_ counts, with __ for the colon.</param>
    /// <param name="overrides">What the command line says, by the names of the settings; nulls are passed over.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/>, naming every mistake.</exception>
    public static ServerSettings Read(
        string? file,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyDictionary<string, string?> overrides,
        string defaultData
    )
    {
        var settings = new ServerSettings
        {
            Data = defaultData,
            AdminPassword = environment.GetValueOrDefault(EnvironmentPrefix + "ADMIN_PASSWORD"),
        };
        var mistakes = new List<string>();
        foreach (
            var (key, text, from) in FromFile(file)
                .Concat(FromEnvironment(environment))
                .Concat(overrides.Where(o => o.Value is not null).Select(o => (o.Key, o.Value ?? "", "the command line")))
        )
        {
            if (!Known.TryGetValue(key, out var take))
            {
                mistakes.Add($"{from}: there is no setting '{key}'; the nearest is '{Nearest(key)}'");
            }
            else if (take(settings, text) is { } wrong)
            {
                mistakes.Add($"{from}: '{key}' {wrong}, not '{(Secrets.Contains(key, StringComparer.OrdinalIgnoreCase) ? "…" : text)}'");
            }
        }

        if (settings.AdminPassword is { Length: > 0 } password && NameRule.PasswordTroubleOf(password) is { } trouble)
        {
            mistakes.Add($"{EnvironmentPrefix}ADMIN_PASSWORD: {trouble}");
        }

        mistakes.AddRange(settings.IsKeystone ? MissingOfKeystone(settings.KeystoneGiven) : []);
        return mistakes.Count == 0
            ? settings
            : throw new HoldfastException(
                FailureKind.Refused,
                $"The configuration has {mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}:\n  {string.Join("\n  ", mistakes)}"
            );
    }

    private static IEnumerable<string> MissingOfKeystone(KeystoneSettings keystone) =>
        from setting in ((string Name, bool IsThere)[])
            [
                ("Url", keystone.Url is not null),
                ("Username", keystone.Username is not null),
                ("Password", keystone.Password is not null),
                ("Project", keystone.Project is not null),
            ]
        where !setting.IsThere
        select $"'Identity:Keystone:{setting.Name}' is missing: with Identity:Mode=Keystone the service logs in there itself";

    private static IEnumerable<(string Key, string Text, string From)> FromFile(string? file)
    {
        if (file is null)
        {
            return [];
        }

        try
        {
            var root = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file), optional: false).Build();
            return [.. root.AsEnumerable().Where(pair => pair.Value is not null).Select(pair => (pair.Key, pair.Value ?? "", $"'{file}'"))];
        }
        catch (Exception e)
            when (e
                    is FileNotFoundException
                        or DirectoryNotFoundException
                        or InvalidDataException
                        or FormatException
                        or UnauthorizedAccessException
            )
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The configuration file '{file}' cannot be read: {(e.InnerException ?? e).Message}",
                e
            );
        }
    }

    private static IEnumerable<(string Key, string Text, string From)> FromEnvironment(IReadOnlyDictionary<string, string> environment) =>
        from variable in environment
        where variable.Key.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)
        let name = variable.Key[EnvironmentPrefix.Length..]
        where !NotSettings.Contains(name) && !name.StartsWith("TEST_", StringComparison.Ordinal)
        select (name.Replace("__", ":", StringComparison.Ordinal), variable.Value, $"{variable.Key}");

    private static string? Take(bool right, Action set, string rule)
    {
        if (right)
        {
            set();
        }

        return right ? null : rule;
    }

    private static string? Number(string text, int least, int most, Action<int> set) =>
        Take(
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most,
            () => set(value),
            $"is a whole number from {least} to {most}"
        );

    private static string? Limit(string text, Action<long> set) =>
        Take(
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= -1,
            () => set(value),
            "is a whole number, or -1 for no limit"
        );

    private static string? Switch(string text, Action<bool> set) =>
        Take(bool.TryParse(text, out var value), () => set(value), "is true or false");

    private static string? Url(string text, string[] schemes, Action<Uri> set, string rule) =>
        Take(
            Uri.TryCreate(text, UriKind.Absolute, out var url)
                && schemes.Contains(url.Scheme)
                && url is { Query: "", Fragment: "", UserInfo: "" },
            () => set(url ?? throw new InvalidOperationException()),
            rule
        );

    private static string? Postgres(string text, Action<string> set)
    {
        try
        {
            return Take(
                new Npgsql.NpgsqlConnectionStringBuilder(text) is { Host.Length: > 0, Database.Length: > 0 },
                () => set(text),
                "names at least Host and Database"
            );
        }
        catch (ArgumentException)
        {
            return "is a connection string like Host=…;Username=…;Password=…;Database=…";
        }
    }

    private static string Nearest(string key) =>
        Known.Keys.MinBy(known => Distance(known.ToUpperInvariant(), key.ToUpperInvariant())) ?? "";

    /// <summary>How many letters must change (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
