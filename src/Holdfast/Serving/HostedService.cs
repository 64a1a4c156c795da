using Holdfast.Server.Hosting;
using Holdfast.Server.Settings;

namespace Holdfast.Serving;

/// <summary>What a start of the service needs to know. Null leaves it to the configuration.</summary>
internal sealed record HostedServiceOptions
{
    public string? DataFolder { get; init; }

    public Uri? Listen { get; init; }

    public string? ConfigFile { get; init; }

    /// <summary>Folder or address of the repository.</summary>
    public string? RepositoryAddress { get; init; }

    public string? KeyFile { get; init; }

    public string? PassphraseFile { get; init; }

    /// <summary>Connection string of the catalog's database.</summary>
    public string? Postgres { get; init; }

    /// <summary>Password of the first user where the first start makes one; null takes HOLDFAST_ADMIN_PASSWORD or makes one up.</summary>
    public string? AdminPassword { get; init; }

    /// <summary>Whether only a person reads what is told: a password that was made up is shown. A journal has many readers.</summary>
    public bool OnTerminal { get; init; }

    /// <summary>Fewer log lines: the demo has a story to tell.</summary>
    public bool Quiet { get; init; }
}

/// <summary>The service, running in this process.</summary>
internal sealed class HostedService : IAsyncDisposable
{
    private readonly HoldfastServer _server;

    private HostedService(HoldfastServer server, string adminPassword)
    {
        _server = server;
        AdminPassword = server.First.AdminPassword ?? adminPassword;
    }

    public Uri Address => _server.Address;

    public Uri Identity => _server.Identity;

    /// <summary>The first user's password, as far as this start knows it: the given one, or the one that was made up. Empty at a later
    /// start.</summary>
    public string AdminPassword { get; }

    /// <param name="tell">Given what a person must be told, a line each; before the service answers, and also where it never will.</param>
    public static async Task<HostedService> StartAsync(HostedServiceOptions options, Action<string> tell, CancellationToken cancel)
    {
        var server = await HoldfastServer.StartAsync(
            ReadSettings(options),
            TimeProvider.System,
            first => NoticesOf(first, options.OnTerminal).ForEach(tell),
            cancel
        );
        return new HostedService(server, options.AdminPassword ?? "");
    }

    /// <summary>Returns when the service has stopped by itself or <paramref name="stop"/> asks it to.</summary>
    public Task RunAsync(CancellationToken stop) => _server.WaitAsync(stop);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static ServerSettings ReadSettings(HostedServiceOptions options)
    {
        var environment = Variables();
        if (options.AdminPassword is { } password)
        {
            environment[SettingsReader.EnvironmentPrefix + "ADMIN_PASSWORD"] = password;
        }

        var overrides = new Dictionary<string, string?>
        {
            ["Data"] = options.DataFolder,
            ["Repository:Url"] = options.RepositoryAddress,
            ["Repository:Key"] = options.KeyFile,
            ["Repository:PassphraseFile"] = options.PassphraseFile,
            ["Catalog:Postgres"] = options.Postgres,
            ["Listen"] = options.Listen?.ToString(),
            ["Logging:Level"] = options.Quiet ? "Error" : null,
        };
        return SettingsReader.Read(options.ConfigFile, environment, overrides, ServeOptionSet.DefaultData());
    }

    private static List<string> NoticesOf(FirstStart first, bool onTerminal)
    {
        var notices = new List<string>();
        if (first.KeyFile is { } key)
        {
            notices.Add($"The repository's key is {key}. Keep a copy of it somewhere else: without it no backup can be restored.");
        }

        if (first.PasswordFile is { } file)
        {
            var where = first.AdminPassword switch
            {
                null => $"The password that the first start made up for the user admin is in {file}.",
                { } password when onTerminal => $"The password of the user admin is {password}, and in {file}.",
                _ => $"The password of the user admin is in {file}.",
            };
            notices.Add($"{where} Change it with 'holdfast user password' and delete the file.");
        }

        return notices;
    }

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return variables;
    }
}
