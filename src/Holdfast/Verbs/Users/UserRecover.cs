using System.CommandLine;
using Holdfast.Running;
using Holdfast.Server.Hosting;
using Holdfast.Serving;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Users;

/// <summary><c>user recover</c>: the way back in for whoever has the service's data folder, when nobody can log in any more.</summary>
internal static class UserRecover
{
    public static Command Make()
    {
        var options = new ServeOptionSet();
        var config = new Option<string?>("--config")
        {
            HelpName = "FILE",
            Description = "The service's configuration, where its catalog is a PostgreSQL.",
        };
        var password = new PasswordOptions();
        var command = new Command(
            "recover",
            "On the service's own machine: let the user admin in again, with a new password and the role admin in project default."
        )
        {
            options.Data,
            config,
        };
        password.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                ServiceCode.IsInside
                    ? RunAsync(
                        new HostedServiceOptions
                        {
                            DataFolder = parse.GetValue(options.Data),
                            ConfigFile = parse.GetValue(config) is { } file ? GivenPath.Full(file) : null,
                        },
                        password.Read(parse),
                        cancel
                    )
                    : ServiceCode.RunCompanionAsync()
        );
        return command;
    }

    private static async Task<int> RunAsync(
        HostedServiceOptions service,
        (string Secret, bool Generated) password,
        CancellationToken cancel
    )
    {
        var settings = HostedService.ReadSettings(service);
        await CatalogStart.RecoverAdminAsync(settings, password.Secret, TimeProvider.System, cancel);
        Console.WriteLine(
            $"User 'admin' is enabled, has the role admin in project 'default' and a new "
                + $"password.{(password.Generated ? $" It is {password.Secret}; it is shown only now." : "")} Their tokens are ended; a "
                + $"service that runs sees it within seconds."
        );
        return ExitCode.Done;
    }
}
