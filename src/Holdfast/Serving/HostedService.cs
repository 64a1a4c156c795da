using Holdfast.Server.Hosting;

namespace Holdfast.Serving;

/// <summary>What a start of the service needs to know. Null leaves it to the configuration.</summary>
internal sealed record HostedServiceOptions
{
    public string? DataFolder { get; init; }

    public Uri? Listen { get; init; }

    public string? ConfigFile { get; init; }

    /// <summary>Password of the first user where the first start makes one; null takes HOLDFAST_ADMIN_PASSWORD or makes one up.</summary>
    public string? AdminPassword { get; init; }

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

    /// <summary>What a person must be told at the first start, a line each.</summary>
    public IReadOnlyList<string> Notices
    {
        get
        {
            var notices = new List<string>();
            if (_server.First.KeyFile is { } key)
            {
                notices.Add($"The repository's key is {key}. Keep a copy of it somewhere else: without it no backup can be restored.");
            }

            if (_server.First.AdminPassword is { } password)
            {
                notices.Add($"The password of the user admin is {password}. It is shown this once.");
            }

            return notices;
        }
    }

    /// <summary>The first user's password, as far as this start knows it: the given one, or the one that was made up. Empty at a later start.</summary>
    public string AdminPassword { get; }

    public static async Task<HostedService> StartAsync(HostedServiceOptions options, CancellationToken cancel)
    {
        var environment = Variables();
        if (options.AdminPassword is { } password)
        {
            environment[SettingsReader.EnvironmentPrefix + "ADMIN_PASSWORD"] = password;
        }

        var overrides = new Dictionary<string, string?>
        {
            ["Data"] = options.DataFolder,
            ["Listen"] = options.Listen?.ToString(),
            ["Logging:Level"] = options.Quiet ? "Error" : null,
        };
        var settings = SettingsReader.Read(options.ConfigFile, environment, overrides, ServeOptionSet.DefaultData());
        var server = await HoldfastServer.StartAsync(settings, TimeProvider.System, cancel);
        return new HostedService(server, options.AdminPassword ?? "");
    }

    /// <summary>Returns when the service has stopped by itself or <paramref name="stop"/> asks it to.</summary>
    public Task RunAsync(CancellationToken stop) => _server.WaitAsync(stop);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

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
