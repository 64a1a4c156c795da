using System.CommandLine;
using Holdfast.Running;
using Holdfast.Serving;
using Holdfast.Terminal;
using Microsoft.Extensions.Hosting.Systemd;

namespace Holdfast.Verbs;

internal static class ServeVerb
{
    public static Command Make()
    {
        var options = new ServeOptionSet();
        var config = new Option<string?>("--config")
        {
            HelpName = "FILE",
            Description = "Configuration as JSON. Every value can also be an environment variable.",
        };
        var command = new Command("serve", "Run the service until SIGTERM or Ctrl-C.") { options.Data, options.Listen, config };
        command.SetAction(
            (parse, stop) =>
                ServiceCode.IsInside
                    ? RunAsync(
                        new HostedServiceOptions
                        {
                            DataFolder = parse.GetValue(options.Data),
                            Listen = options.ReadListen(parse),
                            ConfigFile = parse.GetValue(config) is { } file ? GivenPath.Full(file) : null,
                            OnTerminal = !Console.IsOutputRedirected,
                        },
                        stop
                    )
                    : ServiceCode.RunCompanionAsync()
        );
        return command;
    }

    private static async Task<int> RunAsync(HostedServiceOptions options, CancellationToken stop)
    {
        await using var service = await HostedService.StartAsync(options, Console.WriteLine, stop);

        // Scripts wait for this line, so it is the only one of its kind and comes when requests are answered.
        Console.WriteLine($"holdfast: listening on {service.Address.GetLeftPart(UriPartial.Authority)} (identity {service.Identity})");

        // Not before: 'systemctl start' and an upgrade then say whether the service came up. Without systemd this does nothing.
        var systemd = new SystemdNotifier();
        systemd.Notify(ServiceState.Ready);
        await service.RunAsync(stop);
        systemd.Notify(ServiceState.Stopping);
        return ExitCode.Done;
    }
}
