using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Holdfast.Running;

namespace Holdfast.Serving;

/// <summary>
/// Where the code of the service is, and with it that of the catalog: in this executable, or, where this one was compiled ahead of time
/// (<c>-p:HoldfastVerbs=true</c>), in the companion beside it. See <c>docs/decisions/0041-verbs-ahead-of-time.md</c>.
/// </summary>
internal static partial class ServiceCode
{
    /// <summary>The whole of Holdfast, in the folder of an executable that has no service in it.</summary>
    internal const string Companion = "holdfast-service";

    /// <summary>A constant for the compiler: what stands behind it in the verbs, and can be reached from nowhere else, is not in an
    /// executable that says no.</summary>
    [FeatureSwitchDefinition("Holdfast.ServiceIsInside")]
    public static bool IsInside => !AppContext.TryGetSwitch("Holdfast.ServiceIsInside", out var isInside) || isInside;

    /// <summary>Makes this process the companion, with the same arguments, number, streams and environment. Returns only by
    /// throwing.</summary>
    /// <exception cref="VerbFailedException">The companion cannot be started.</exception>
    public static Task<int> RunCompanionAsync()
    {
        var path = Path.Combine(AppContext.BaseDirectory, Companion);

        // C's list of arguments ends with null. Given as addresses: what LibraryImport generates for an array of texts converts memory that
        // nobody wrote to pointers, and with checked arithmetic that throws now and then (docs/decisions/0041-verbs-ahead-of-time.md).
        nint[] arguments = [.. Environment.GetCommandLineArgs().Select(Marshal.StringToCoTaskMemUTF8), 0];
        _ = ExecuteCall(Marshal.StringToCoTaskMemUTF8(path), ref arguments[0]);
        throw new VerbFailedException(
            $"{path} cannot be started ({Marshal.GetLastPInvokeErrorMessage()}), which does what needs the service or its catalog. It "
                + $"comes with this executable: install the package anew."
        );
    }

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true)]
    private static partial int ExecuteCall(nint path, ref nint arguments);
}
