using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Holdfast.Testing;

/// <summary>A real mail server: Debian's python3-aiosmtpd, in a process of its own.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly Process _process;

    private MailServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Absence { get; } =
        Directory.Exists("/usr/lib/python3/dist-packages/aiosmtpd")
            ? null
            : "python3-aiosmtpd is not installed: no mail server to test with";

    /// <param name="certificate">A file with a certificate and its key; null for a server without TLS.</param>
    /// <param name="tls">Whether it speaks TLS from the first byte; else it offers STARTTLS where it has a certificate.</param>
    /// <param name="login">User and password, without which it takes no mail.</param>
    public static async Task<MailServer> StartAsync(
        CancellationToken cancel,
        string? certificate = null,
        bool tls = false,
        (string User, string Password)? login = null
    )
    {
        var script = Path.Combine(RepositoryRoot.Path, "tests", "Holdfast.Testing", "smtp-server.py");
        string[] more = certificate is null ? [] : ["--certificate", certificate, .. tls ? (string[])["--tls"] : []];
        string[] asked = login is { } who ? ["--login", who.User, who.Password] : [];
        var start = new ProcessStartInfo("/usr/bin/python3", [script, .. more, .. asked]) { RedirectStandardOutput = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
        var port = await process.StandardOutput.ReadLineAsync(cancel);
        return new MailServer(process, int.Parse(port ?? "", CultureInfo.InvariantCulture));
    }

    /// <summary>Waits for the next mail.</summary>
    public async Task<JsonElement> NextAsync(CancellationToken cancel) =>
        JsonDocument.Parse(await _process.StandardOutput.ReadLineAsync(cancel) ?? "").RootElement;

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
