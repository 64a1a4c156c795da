using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Holdfast.Client;
using Holdfast.Demo;
using Holdfast.Running;
using Holdfast.Serving;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

internal static class DemoVerb
{
    public static Command Make()
    {
        var options = new ServeOptionSet();
        var exit = new Option<bool>("--exit") { Description = "End when all has been shown, instead of leaving the service up." };
        var command = new Command("demo", "Show the whole of it on a small volume: protect, fire, change, fire again, restore, compare.")
        {
            exit,
            options.Data,
            options.Listen,
        };
        command.SetAction(
            (parse, stop) =>
                ServiceCode.IsInside
                    ? RunAsync(parse.GetValue(options.Data), options.ReadListen(parse), parse.GetValue(exit), stop)
                    : ServiceCode.RunCompanionAsync()
        );
        return command;
    }

    private static async Task<int> RunAsync(string? data, Uri? listen, bool exit, CancellationToken stop)
    {
        var (folder, isNew) = MakeFolder(data);
        Console.WriteLine($"Everything that this demo makes is in {folder}");
        Console.WriteLine();
        await using var service = await StartAsync(folder, isNew, listen ?? FreeAddress(), stop);
        Console.WriteLine($"2. The service, on SQLite and a repository in a folder: {service.Address.GetLeftPart(UriPartial.Authority)}");

        var settings = new ApiSettings
        {
            AuthUrl = service.Identity,
            User = "admin",
            Password = service.AdminPassword,
            ProjectName = "default",
        };
        using var api = new HoldfastApi(new ApiConnection(settings));
        var outcome = await new DemoRun(api, folder, TimeProvider.System).RunAsync(stop);
        Console.Write(exit ? DemoGoodbye.TextAfterExit(folder) : DemoGoodbye.Text(settings, outcome, folder));
        if (!exit)
        {
            Console.WriteLine("The service stays up. Ctrl-C ends it.");
            await service.RunAsync(stop);
        }

        return ExitCode.Done;
    }

    /// <summary>Makes the volume and starts the service. Where it does not start (its port is taken, say), nothing is left to be cleared
    /// away.</summary>
    private static async Task<HostedService> StartAsync(string folder, bool isNew, Uri listen, CancellationToken stop)
    {
        try
        {
            DemoRun.MakeVolume(folder);
            return await HostedService.StartAsync(
                new HostedServiceOptions
                {
                    DataFolder = Path.Combine(folder, "service"),
                    Listen = listen,
                    AdminPassword = MadeUpPassword(),
                    Quiet = true,
                },
                _ => { },
                stop
            );
        }
        catch
        {
            Clear(folder, isNew);
            throw;
        }
    }

    /// <summary>A folder that is the demo's alone: what it makes must be told from what was there.</summary>
    private static (string Folder, bool IsNew) MakeFolder(string? data)
    {
        if (data is null)
        {
            return (Directory.CreateTempSubdirectory("holdfast-demo-").FullName, true);
        }

        var isNew = !Directory.Exists(data);
        var folder = Directory.CreateDirectory(GivenPath.Full(data)).FullName;
        return !Directory.EnumerateFileSystemEntries(folder).Any()
            ? (folder, isNew)
            : throw new VerbFailedException(
                $"'{folder}' holds something already; give the demo an empty folder, or none and it makes one."
            );
    }

    private static void Clear(string folder, bool isNew)
    {
        if (isNew)
        {
            Directory.Delete(folder, recursive: true);
            return;
        }

        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo inner)
            {
                inner.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }

    /// <summary>The default address, or a free port when somebody has that.</summary>
    private static Uri FreeAddress()
    {
        var wanted = new Uri(ServeOptionSet.DefaultListen);
        return new Uri($"http://127.0.0.1:{TryPort(wanted.Port) ?? TryPort(0) ?? wanted.Port}");
    }

    private static int? TryPort(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static string MadeUpPassword() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 16);
}
