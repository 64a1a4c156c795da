using System.CommandLine;

namespace Holdfast.Verbs;

internal static class DemoVerb
{
    public static Command Make() => new("demo", "Demo.");
}
