using System.Runtime.InteropServices;

namespace Holdfast.Engine.Posix;

/// <summary>Linux error numbers that we act on. The same on every architecture that .NET runs on.</summary>
internal static class Errno
{
    public const int Ok = 0;
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoDeviceOrAddress = 6;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NoDevice = 19;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int Invalid = 22;
    public const int TextFileBusy = 26;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int TooManyLinks = 31;
    public const int NotImplemented = 38;
    public const int Loop = 40;
    public const int NotSupported = 95;
    public const int NotConnected = 107;
    public const int Shutdown = 108;
    public const int TimedOut = 110;
    public const int HostDown = 112;
    public const int Stale = 116;
    public const int QuotaExceeded = 122;

    /// <summary>The system's own words for an error number, e.g. <c>Permission denied</c>.</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>
    /// The error number behind an exception of the framework's file calls: it keeps it in <see cref="Exception.HResult"/> except for
    /// refusals, which have a type of their own. Zero when there is none.
    /// </summary>
    public static int Of(Exception e) =>
        e switch
        {
            UnauthorizedAccessException => AccessDenied,
            FileNotFoundException or DirectoryNotFoundException => NoEntry,
            IOException io when io.HResult is > 0 and < 4096 => io.HResult,
            // The framework seeks before it reads a file for the first time, and takes any failure of that for a file without places: a
            // file system that has died since the file was opened. We open no file that has none.
            NotSupportedException => InputOutput,
            _ => 0,
        };
}
