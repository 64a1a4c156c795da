using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>A service that logs in to its mail server over TLS, whose certificate the machine trusts.</summary>
public sealed class MailServerTests : IDisposable
{
    private const string User = "holdfast";
    private const string Secret = "mail password";

    private readonly TempFolder _home = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("StartTls")]
    [InlineData("Tls")]
    public async Task Mail_is_taken_after_a_login_and_a_wrong_password_is_told(string security)
    {
        Assert.SkipUnless(MailServer.Absence is null, MailServer.Absence ?? "");
        await MakeCertificatesAsync();
        await using var server = await MailServer.StartAsync(Cancel, _home["server.pem"], security == "Tls", (User, Secret));
        _home.File("password", "another\n"u8.ToArray());
        using var service = await RunningService.StartAsync(_home, SettingsFor(server, security));
        (await service.RunAsync("notify", "target", "add", "anna", "--email", "anna@example.com")).Succeeds();

        var refused = await service.RunAsync("notify", "test", "anna");
        _home.File("password", System.Text.Encoding.UTF8.GetBytes(Secret + "\n"));
        var sent = await service.RunAsync("notify", "test", "anna");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("535", refused.Output + refused.Error, StringComparison.Ordinal);
        sent.Succeeds();
        var mail = await server.NextAsync(Cancel);
        Assert.Equal((User, "anna@example.com"), (mail.GetProperty("user").GetString(), mail.GetProperty("to")[0].GetString()));
        Assert.DoesNotContain(Secret, service.Process.Error, StringComparison.Ordinal);
    }

    /// <summary>An authority of this test's own, and a server's certificate by it.</summary>
    private async Task MakeCertificatesAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = RSA.Create(2048);
        var root = new CertificateRequest("CN=test authority", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.Create(authority, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        await File.WriteAllTextAsync(_home["authority.pem"], authority.ExportCertificatePem(), Cancel);
        await File.WriteAllTextAsync(_home["server.pem"], $"{made.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", Cancel);
    }

    private Dictionary<string, string> SettingsFor(MailServer server, string security) =>
        new()
        {
            ["HOLDFAST_ADMIN_PASSWORD"] = RunningService.Password,
            ["HOLDFAST_Notifications__Smtp__Host"] = "127.0.0.1",
            ["HOLDFAST_Notifications__Smtp__Port"] = server.Port.ToString(CultureInfo.InvariantCulture),
            ["HOLDFAST_Notifications__Smtp__Security"] = security,
            ["HOLDFAST_Notifications__Smtp__User"] = User,
            ["HOLDFAST_Notifications__Smtp__PasswordFile"] = _home["password"],
            ["HOLDFAST_Notifications__Smtp__From"] = "holdfast@example.net",
            ["SSL_CERT_FILE"] = _home["authority.pem"],
            ["SSL_CERT_DIR"] = _home.FullPath,
        };
}
