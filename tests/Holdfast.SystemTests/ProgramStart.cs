using System.Diagnostics;

namespace Holdfast.SystemTests;

/// <summary>How programs, ours and others', are started: with an environment that holds nothing of the machine's own clouds.</summary>
internal static class ProgramStart
{
    private static readonly string[] Foreign = ["OS_", "HOLDFAST_", "XDG_", "CINDER", "HUAWEICLOUD_", "PYTHON", "NODE_"];

    /// <summary>All three streams are redirected.</summary>
    /// <param name="home">Where it runs, and its HOME.</param>
    /// <param name="environment">What is set beside.</param>
    public static ProcessStartInfo Of(
        string program,
        string home,
        IReadOnlyDictionary<string, string>? environment,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = home,
        };
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = home;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static bool IsForeign(string name) =>
        name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)
        || Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
