using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeSet
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Volume();
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "What to call it from now on." };
        var description = CommonOptions.Description();
        var properties = CommonOptions.Properties();
        var removed = new Option<string[]>("--remove-property")
        {
            HelpName = "KEY",
            Description = "Take a property away. May be repeated.",
        };
        var accept = new Option<bool>("--accept-device")
        {
            Description = "Its device is another one now than when it was registered, and that is right: take the new one.",
        };
        var command = new Command("set", "Change what a volume is called and described by. Properties that are not named stay.")
        {
            which,
            name,
            description,
            properties,
            removed,
            accept,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var (given, gone) = (CommonOptions.ReadProperties(parse.GetValue(properties)), parse.GetValue(removed) ?? []);
                var text = parse.GetValue(name) ?? parse.GetValue(description);
                if (text is null && given is null && gone.Length == 0 && !parse.GetValue(accept))
                {
                    throw new UsageException(
                        "nothing to change: give --name, --description, --property, --remove-property or --accept-device."
                    );
                }

                using var api = server.Open(parse);
                var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
                var after = given is null && gone.Length == 0 ? null : Merge(volume, given, gone);
                var changed = await api.Backups.UpdateVolumeAsync(
                    volume.Id,
                    parse.GetValue(name),
                    parse.GetValue(description),
                    after,
                    parse.GetValue(accept),
                    cancel
                );
                Console.WriteLine($"Volume '{changed.Name}' is changed.");
            }
        );
        return command;
    }

    /// <summary>The service takes all properties at once.</summary>
    internal static Dictionary<string, string> Merge(
        VolumeItem volume,
        IReadOnlyDictionary<string, string>? given,
        IEnumerable<string> removed
    )
    {
        var after = volume.Raw.Object("metadata") is { } before
            ? before.EnumerateObject().ToDictionary(member => member.Name, member => $"{member.Value}")
            : [];
        foreach (var (key, value) in given ?? new Dictionary<string, string>())
        {
            after[key] = value;
        }

        foreach (var key in removed)
        {
            after.Remove(key);
        }

        return after;
    }
}
