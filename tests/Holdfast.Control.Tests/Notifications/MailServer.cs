using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Notifications;

/// <summary>A real mail server: Debian's python3-aiosmtpd, in a process of its own.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly Process _process;

    private MailServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Skips the test where the server cannot be had.</summary>
    /// <param name="certificate">A file with a certificate and its key; null for a server without TLS.</param>
    public static async Task<MailServer> StartAsync(string? certificate = null)
    {
        Assert.SkipUnless(
            Directory.Exists("/usr/lib/python3/dist-packages/aiosmtpd"),
            "python3-aiosmtpd is not installed: no mail server to test with"
        );
        var script = Path.Combine(RepositoryRoot.Path, "tests", "Holdfast.Control.Tests", "Notifications", "smtp-server.py");
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true };
        start.ArgumentList.Add(script);
        if (certificate is not null)
        {
            start.ArgumentList.Add(certificate);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
        var port = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return new MailServer(process, int.Parse(port ?? "", CultureInfo.InvariantCulture));
    }

    /// <summary>Waits for the next mail.</summary>
    public async Task<JsonElement> NextAsync() =>
        JsonDocument.Parse(await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "").RootElement;

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
