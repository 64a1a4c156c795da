using Holdfast.Engine.Basics;
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

    /// <summary>Fewer log lines: the demo has a story to tell.</summary>
    public bool Quiet { get; init; }
}

/// <summary>The service, running in this process.</summary>
internal sealed class HostedService : IAsyncDisposable
{
    private readonly HoldfastServer _server;

    private readonly string _data;

    private HostedService(HoldfastServer server, string data, string adminPassword)
    {
        (_server, _data) = (server, data);
        AdminPassword = server.First.AdminPassword ?? adminPassword;
    }

    public Uri Address => _server.Address;

    public Uri Identity => _server.Identity;

    /// <summary>What a person must be told at the first start, a line each.</summary>
    /// <param name="onTerminal">Whether only a person reads the lines. Else they may go into a journal that many can read, and a password
    /// that was made up goes into a file.</param>
    public IReadOnlyList<string> TakeNotices(bool onTerminal)
    {
        var notices = new List<string>();
        if (_server.First.KeyFile is { } key)
        {
            notices.Add($"The repository's key is {key}. Keep a copy of it somewhere else: without it no backup can be restored.");
        }

        if (_server.First.AdminPassword is { } password)
        {
            notices.Add(
                onTerminal
                    ? $"The password of the user admin is {password}. It is shown this once."
                    : $"The password of the user admin is in {WriteDown(password)}. Change it with 'holdfast user password' and delete "
                        + $"the file."
            );
        }

        return notices;
    }

    /// <summary>The first user's password, as far as this start knows it: the given one, or the one that was made up. Empty at a later
    /// start.</summary>
    public string AdminPassword { get; }

    public static async Task<HostedService> StartAsync(HostedServiceOptions options, CancellationToken cancel)
    {
        var settings = ReadSettings(options);
        var server = await HoldfastServer.StartAsync(settings, TimeProvider.System, cancel);
        return new HostedService(server, settings.Data, options.AdminPassword ?? "");
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

    /// <summary>For its owner's eyes only, from the first byte on.</summary>
    private string WriteDown(string password)
    {
        var path = Path.Combine(_data, "initial-admin-password");
        File.Delete(path);
        using var file = new StreamWriter(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly.File,
            }
        );
        file.WriteLine(password);
        return path;
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
