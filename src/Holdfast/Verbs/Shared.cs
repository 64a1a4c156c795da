using System.CommandLine;
using Holdfast.Engine.Devices;
using Holdfast.Running;

namespace Holdfast.Verbs;

/// <summary>Options that many verbs have, so that they read the same everywhere.</summary>
internal static class Shared
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs." };

    public static Argument<string> Policy() => new("POLICY") { Description = "Name or id of a policy." };

    public static Argument<string[]> Volumes() =>
        new("VOLUME") { Description = "Names or ids of volumes.", Arity = ArgumentArity.OneOrMore };

    public static Argument<string> Volume() => new("VOLUME") { Description = "Name or id of a volume." };

    public static Option<string[]> Tags(string description) => new("--tag") { HelpName = "KEY=VALUE", Description = description };

    /// <summary>A tag as it is given on the command line; the value may be empty.</summary>
    public static (string Key, string Value) Tag(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? (text[..equals], text[(equals + 1)..]) : throw new UsageException($"'{text}' is no tag KEY=VALUE.");
    }

    /// <summary>The address of a volume: a path is made absolute, so that it means the same to the service as to the shell.</summary>
    public static string Address(string given) =>
        given.Contains("://", StringComparison.Ordinal) ? given : DeviceAddress.Parse(Path.GetFullPath(given)).ToString();
}
