using System.Security.Cryptography;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>
/// A service of its own for the clients of one class, with one registered volume, <c>disk</c>: a file of 8 MiB with random bytes, a hole,
/// and random bytes again.
/// </summary>
public sealed class ClientService : IAsyncLifetime
{
    private const int Length = 8 << 20;
    private readonly TempFolder _home = new();
    private readonly Dictionary<string, ForkedCommand> _commands = [];
    private RunningService? _service;

    public string Home => _home.FullPath;

    public string Disk => _home["disk.img"];

    public Uri Address => Service.Address;

    /// <summary>An openrc as OpenStack's documentation describes it.</summary>
    internal IReadOnlyDictionary<string, string> OpenRc =>
        new Dictionary<string, string>(Service.ClientEnvironment)
        {
            ["OS_USER_DOMAIN_NAME"] = "Default",
            ["OS_PROJECT_DOMAIN_NAME"] = "Default",
            ["OS_IDENTITY_API_VERSION"] = "3",
            ["OS_REGION_NAME"] = "RegionOne",
        };

    internal RunningService Service => _service ?? throw new InvalidOperationException("The service was not started.");

    public async ValueTask InitializeAsync()
    {
        var bytes = new byte[Length];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, 2 << 20));
        RandomNumberGenerator.Fill(bytes.AsSpan(6 << 20, 1 << 20));
        await File.WriteAllBytesAsync(Disk, bytes);
        _service = await RunningService.StartAsync(_home);
        (await _service.RunAsync("volume", "add", "disk", Disk)).Succeeds();
    }

    public ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _service?.Dispose();
        _home.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The <c>cinder</c> command line, imported once for all tests of a class.</summary>
    internal Task<ForkedCommand> CinderAsync() =>
        CommandAsync("cinder", "cinderclient.shell", "cinderclient.v3.client", "cinderclient.v3.shell");

    /// <summary>The <c>openstack</c> command line, imported once for all tests of a class.</summary>
    internal Task<ForkedCommand> OpenStackAsync() =>
        CommandAsync("openstack", "openstackclient.shell", "openstackclient.identity.client", "openstackclient.volume.client", "cmd2");

    internal byte[] DiskBytes() => File.ReadAllBytes(Disk);

    /// <summary>Writes random bytes over 192 KiB of the disk, and returns what it holds then.</summary>
    internal byte[] ChangeDisk()
    {
        var bytes = DiskBytes();
        RandomNumberGenerator.Fill(bytes.AsSpan(3 << 20, 192 << 10));
        File.WriteAllBytes(Disk, bytes);
        return bytes;
    }

    /// <summary>Where the device of a volume is: other clients are not shown it.</summary>
    internal async Task<string> SourceOfAsync(string volume) =>
        (await Service.RunAsync("volume", "show", volume, "--json")).Succeeds().Json.GetProperty("holdfast:source").GetString() ?? "";

    /// <summary>The beginning of the file that a volume of the service's own, named by its <c>holdfast:source</c>, is kept in.</summary>
    internal static byte[] BytesOf(string source)
    {
        using var file = File.OpenRead(new Uri(source).LocalPath);
        var bytes = new byte[Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Asks four times a second until the answer is yes.</summary>
    /// <exception cref="TimeoutException">It was no for as long as <see cref="HoldfastProcess.Patience"/>.</exception>
    internal static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(since) > HoldfastProcess.Patience)
            {
                throw new TimeoutException($"Waited for {HoldfastProcess.Patience}: {what}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Tests of one class run one after the other.</summary>
    private async Task<ForkedCommand> CommandAsync(string name, params string[] modules) =>
        _commands.TryGetValue(name, out var command)
            ? command
            : _commands[name] = await ForkedCommand.StartAsync(Home, name, modules);
}
