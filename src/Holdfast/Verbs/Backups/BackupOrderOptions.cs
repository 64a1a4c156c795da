using System.CommandLine;
using Holdfast.Client;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

/// <summary>How <c>backup create</c> orders a backup of a service. Rules are the service's to check.</summary>
internal sealed class BackupOrderOptions
{
    private readonly Option<string?> _name = new("--name")
    {
        HelpName = "NAME",
        Description = "What to call it: letters, digits, _ and - (made of the volume's name and the time).",
    };
    private readonly Option<string?> _description = CommonOptions.Description();
    private readonly Option<string[]> _tags = CommonOptions.Tags("A tag. May be repeated.");
    private readonly Option<bool> _full = new("--full")
    {
        Description = "Read everything again and verify what is stored, trusting no earlier backup.",
    };
    private readonly Option<bool> _wait = new("--wait")
    {
        Description = "Wait for the service to finish (true).",
        DefaultValueFactory = _ => true,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _name, _description, _tags, _full, _wait })
        {
            command.Options.Add(option);
        }
    }

    public bool Waits(ParseResult parse) => parse.GetValue(_wait);

    /// <summary>Returns the id of the job.</summary>
    public Task<string> SendAsync(HoldfastApi api, VolumeItem volume, ParseResult parse, CancellationToken cancel) =>
        api.Backups.CreateAsync(
            volume.Id,
            parse.GetValue(_name) ?? MakeName(volume.Name),
            parse.GetValue(_description),
            CommonOptions.ReadTags(parse.GetValue(_tags) ?? []),
            parse.GetValue(_full),
            cancel
        );

    private static string MakeName(string volume)
    {
        var letters = new string([.. volume.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-').Take(40)]);
        return $"by-hand-{letters}-{TimeProvider.System.GetUtcNow().UtcDateTime:yyyyMMddHHmmss}";
    }
}
