using System.CommandLine;
using Holdfast.Running;
using Holdfast.Server.Settings;

namespace Holdfast.Serving;

/// <summary>Where the service keeps its things and where it listens, for <c>serve</c> and <c>demo</c>.</summary>
internal sealed class ServeOptionSet
{
    public const string DefaultListen = "http://127.0.0.1:8776";

    public Option<string?> Data { get; } = new("--data") { HelpName = "DIR", Description = "Folder of catalog, repository and key." };

    public Option<string?> Listen { get; } = new("--listen") { HelpName = "URL", Description = $"Address to answer on ({DefaultListen})." };

    /// <summary>Null when it was not given.</summary>
    public Uri? ReadListen(ParseResult parse) => parse.GetValue(Listen) is { } text ? ParseListen(text) : null;

    internal static Uri ParseListen(string text) =>
        ListenAddress.Parse(text) ?? throw new UsageException($"--listen '{text}' is no address to listen on: it {ListenAddress.Rule}.");

    /// <summary>Where a service's things go by the platform's convention: <c>/var/lib/holdfast</c> for root, else below the user's data
    /// folder.</summary>
    public static string DefaultData()
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess)
        {
            return "/var/lib/holdfast";
        }

        return Path.Combine(
            UserFolders.Configured("XDG_DATA_HOME")
                ?? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "holdfast"
        );
    }
}
