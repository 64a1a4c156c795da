using System.Runtime.CompilerServices;
using Holdfast.Running;

namespace Holdfast;

internal static class Program
{
    /// <summary>Answers <c>--version</c> before anything else is loaded; everything else begins in <see cref="CommandTree"/>.</summary>
    public static int Main(string[] args)
    {
        if (args is ["--version"])
        {
            Console.Out.WriteLine(Version);
            return 0;
        }

        return Run(args);
    }

    internal static string Version => typeof(Program).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    // Not inlined: else compiling Main would load System.CommandLine, which --version does not need.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Run(string[] args)
    {
        using var interrupt = new Interrupt();
        return CommandTree.InvokeAsync(args, interrupt.Token).GetAwaiter().GetResult();
    }
}
