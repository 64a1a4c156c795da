using Holdfast.Control.Notifications;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Extensions.Configuration;

namespace Holdfast.Server.Settings;

/// <summary>Reads the settings: defaults, then a file, then the environment, then what the command line says. Every mistake is told at
/// once.</summary>
public static class SettingsReader
{
    public const string EnvironmentPrefix = "HOLDFAST_";

    /// <summary>Every setting, in the order of the documentation.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. Setting.AllOf(new SettingsTree())];

    private static readonly Dictionary<string, Setting> Known = All.ToDictionary(
        setting => setting.Key,
        StringComparer.OrdinalIgnoreCase
    );

    private const string CommandLine = "the command line";

    /// <summary>Settings that the command line gives in the place of others.</summary>
    private static readonly Dictionary<string, string> Instead = new()
    {
        ["Repository:Url"] = "Repository:Path",
        ["Repository:Key"] = "Repository:PassphraseFile",
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
        var password = environment.GetValueOrDefault(EnvironmentPrefix + "ADMIN_PASSWORD");
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Data"] = defaultData };
        var mistakes = new List<string>();
        foreach (
            var (key, text, from) in FromFile(file)
                .Concat(FromEnvironment(environment))
                .Concat(overrides.Where(o => o.Value is not null).Select(o => (o.Key, o.Value ?? "", CommandLine)))
        )
        {
            // Of two that say the same thing differently what is said last counts.
            if (from == CommandLine && Instead.TryGetValue(key, out var other))
            {
                values.Remove(other);
            }

            if (!Known.TryGetValue(key, out var setting))
            {
                mistakes.Add($"{from}: there is no setting '{key}'; the nearest is '{Nearest(key)}'");
            }
            else if (setting.TroubleOf(text) is { } wrong)
            {
                mistakes.Add($"{from}: '{setting.Key}' {wrong}, not '{(setting.IsSecret ? "…" : text)}'");
            }
            else
            {
                values[setting.Key] = text;
            }
        }

        if (password is { Length: > 0 } && NameRule.PasswordTroubleOf(password) is { } trouble)
        {
            mistakes.Add($"{EnvironmentPrefix}ADMIN_PASSWORD: {trouble}");
        }

        var tree = new SettingsTree();
        new ConfigurationBuilder().AddInMemoryCollection(values).Build().Bind(tree);
        mistakes.AddRange(tree.Identity.Mode == IdentityMode.Keystone ? MissingOfKeystone(tree.Identity.Keystone) : []);
        mistakes.AddRange(MistakesOfRepository(tree.Repository));
        mistakes.AddRange(MistakesOfSmtp(tree.Notifications.Smtp));
        if (mistakes.Count == 0)
        {
            var settings = new ServerSettings(tree, password);
            mistakes.AddRange(new[] { MistakeOfCopy(settings), MistakeOfPassword(settings) }.OfType<string>());
            if (mistakes.Count == 0)
            {
                return settings;
            }
        }

        throw new HoldfastException(
            FailureKind.Refused,
            $"The configuration has {mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}:\n  {string.Join("\n  ", mistakes)}"
        );
    }

    private static IEnumerable<string> MistakesOfRepository(SettingsTree.RepositorySection repository)
    {
        if (repository.Url is not null && repository.Path != SettingsTree.RepositorySection.StandardPath)
        {
            yield return "'Repository:Path' and 'Repository:Url' both say where the repository is; give one of them";
        }

        if (repository.AccessKey is null != repository.SecretKey is null)
        {
            yield return "'Repository:AccessKey' and 'Repository:SecretKey' go together; one of them is missing";
        }

        if (repository.Copy.AccessKey is null != repository.Copy.SecretKey is null)
        {
            yield return "'Repository:Copy:AccessKey' and 'Repository:Copy:SecretKey' go together; one of them is missing";
        }

        if (repository.Copy is { Url: null, AccessKey: not null })
        {
            yield return "'Repository:Copy:AccessKey' is given without 'Repository:Copy:Url', which says where the copy is to be";
        }
    }

    private static IEnumerable<string> MistakesOfSmtp(SettingsTree.SmtpSection smtp)
    {
        if (smtp.Host is null != smtp.From is null)
        {
            yield return "'Notifications:Smtp:Host' and 'Notifications:Smtp:From' go together; one of them is missing";
        }

        if (smtp.User is null != smtp.PasswordFile is null)
        {
            yield return "'Notifications:Smtp:User' and 'Notifications:Smtp:PasswordFile' go together; one of them is missing";
        }

        if (smtp is { Host: null, User: not null })
        {
            yield return "'Notifications:Smtp:User' is given without 'Notifications:Smtp:Host', which says where to log in";
        }

        if (smtp is { Security: SmtpSecurity.None, User: not null })
        {
            yield return "'Notifications:Smtp:Security' is None, and a password would be sent for all to read; give StartTls or Tls, or no "
                + "'Notifications:Smtp:User'";
        }
    }

    /// <summary>A password that is read only when something is wrong is found missing then.</summary>
    private static string? MistakeOfPassword(ServerSettings settings)
    {
        if (settings.Notifications.Smtp?.PasswordFile is not { } file)
        {
            return null;
        }

        try
        {
            return MailPassword.Read(file) is not null
                ? null
                : $"'Notifications:Smtp:PasswordFile': '{file}' holds no password in its first line";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"'Notifications:Smtp:PasswordFile' cannot be read: {e.Message}";
        }
    }

    /// <summary>A second copy that lies with the repository goes with it.</summary>
    private static string? MistakeOfCopy(ServerSettings settings) =>
        settings.SecondCopy is { } copy && copy.Overlaps(settings.Repository)
            ? "'Repository:Copy:Url' is the place of the repository itself, or one of the two is within the other; a second copy lies "
                + "elsewhere"
            : null;

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
            // What may not be read the builder takes for what is not there.
            File.OpenRead(file).Dispose();
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
            var reader = e is UnauthorizedAccessException ? $" by {OwnUser.Text}" : "";
            throw new HoldfastException(
                FailureKind.Refused,
                $"The configuration file '{file}' cannot be read{reader}: {e.GetBaseException().Message}",
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
