using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeResetStatus
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Volume();
        var status = CommonOptions.ResetStatus();
        var command = new Command(
            "reset-status",
            "Say by hand that a volume is available or in error (role admin). What it holds is not looked at."
        )
        {
            which,
            status,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
                await api.Backups.ResetStatusAsync("volumes", volume.Id, parse.GetRequiredValue(status), cancel);
                Console.WriteLine($"Volume '{volume.Name}' is said to be {parse.GetRequiredValue(status)}.");
            }
        );
        return command;
    }
}
