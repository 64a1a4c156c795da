using System.CommandLine;

namespace Holdfast.Verbs;

internal static class ServeVerb
{
    public static Command Make() => new("serve", "Run the service.");
}
