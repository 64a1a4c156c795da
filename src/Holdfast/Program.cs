using System.Runtime.CompilerServices;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast;

internal static class Program
{
    /// <summary>Answers <c>--version</c> before anything else is loaded; everything else begins in <see cref="CommandTree"/>.</summary>
    public static int Main(string[] args)
    {
        StandardStreams.Guard();
        return args is ["--version"] ? PrintVersion() : Run(args);
    }

    internal static string Version => typeof(Program).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    internal static int PrintVersion()
    {
        try
        {
            Console.Out.WriteLine(Version);
            return ExitCode.Done;
        }
        catch (VerbFailedException e)
        {
            return Failures.Report(e, CancellationToken.None);
        }
    }

    // Not inlined: else compiling Main would load System.CommandLine, which --version does not need.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Run(string[] args)
    {
        using var interrupt = new Interrupt();
        return CommandTree.InvokeAsync(args, interrupt.Token).GetAwaiter().GetResult();
    }
}
