using System.CommandLine;
using Holdfast.Engine.Devices;

namespace Holdfast.Verbs;

/// <summary>Options that many verbs have, so that they read the same everywhere.</summary>
internal static class Shared
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs." };

    public static Argument<string> Policy() => new("POLICY") { Description = "Name or id of a policy." };

    public static Argument<string[]> Volumes() =>
        new("VOLUME") { Description = "Names or ids of volumes.", Arity = ArgumentArity.OneOrMore };

    /// <summary>The address of a volume: a path is made absolute, so that it means the same to the service as to the shell.</summary>
    public static string Address(string given) =>
        given.Contains("://", StringComparison.Ordinal) ? given : DeviceAddress.Parse(Path.GetFullPath(given)).ToString();
}
