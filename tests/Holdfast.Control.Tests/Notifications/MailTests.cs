using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Control.Notifications;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Notifications;

/// <summary>Messages as mail, over a real server of SMTP.</summary>
public sealed class MailTests(CatalogTemplates templates) : FlowSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));

    [Fact]
    public async Task A_failure_comes_as_plain_text_with_what_to_do()
    {
        await using var server = await StartAsync();
        using var notify = Of(server, SmtpSecurity.None);
        await AddAsync(notify, "anna@example.com,bob@example.org");
        await Bed.ExecuteAsync("UPDATE volume SET name = @name", new { name = "d\u00e4ta\r\nBcc: all@example.com" });
        await FailAndTellAsync(notify);

        var delivery = Assert.Single(await notify.Deliveries.ListAsync(Project, null, 10, Cancel));
        Assert.True(delivery.State == NotifyState.Delivered, delivery.LastAnswer);
        Assert.Equal((250, "taken as 17"), (delivery.LastStatus, delivery.LastAnswer));
        var got = await server.NextAsync(Cancel);
        Assert.Equal("holdfast@example.net", got.GetProperty("from").GetString());
        Assert.Equal(["anna@example.com", "bob@example.org"], got.GetProperty("to").EnumerateArray().Select(one => one.GetString()));
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(got.GetProperty("text").GetString() ?? ""));
        var mail = await MimeKit.MimeMessage.LoadAsync(stream, Cancel);
        Assert.StartsWith($"[Holdfast] {Project.Value}: Volume 'd\u00e4ta  Bcc: all@example.com'", mail.Subject, StringComparison.Ordinal);
        Assert.Empty(mail.Bcc);
        Assert.Equal(("volume_failed", "auto-generated"), (mail.Headers["Holdfast-Event"], mail.Headers["Auto-Submitted"]));
        Assert.Equal($"{delivery.Id}@example.net", mail.MessageId);
        foreach (var part in (string[])["Why:       away", "Last good: none", "Do:        holdfast ", "Since:     ", "Link:      https://"])
        {
            Assert.Contains(part, mail.TextBody, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_recipient_that_the_server_refuses_is_told_in_its_words()
    {
        await using var server = await StartAsync();
        using var notify = Of(server, SmtpSecurity.None);
        var target = await AddAsync(notify, "no-body@example.com");

        Assert.Equal(
            new SendResult(false, 550, "no-body@example.com is refused: there is no such person"),
            await notify.Test.RunAsync(Project, target.Id, Cancel)
        );
    }

    /// <summary>Somebody has left, and their address with them: the others are told all the same, and once.</summary>
    [Fact]
    public async Task An_address_that_is_refused_keeps_a_message_from_nobody_else()
    {
        await using var server = await StartAsync();
        using var notify = Of(server, SmtpSecurity.None);
        await AddAsync(notify, "anna@example.com,no-body@example.com,bob@example.org");
        await FailAndTellAsync(notify);

        var delivery = Assert.Single(await notify.Deliveries.ListAsync(Project, null, 10, Cancel));
        Assert.Equal(
            (NotifyState.Waiting, 550, "2 of 3 have it; no-body@example.com is refused: there is no such person"),
            (delivery.State, delivery.LastStatus, delivery.LastAnswer)
        );
        var got = await server.NextAsync(Cancel);
        Assert.Equal(["anna@example.com", "bob@example.org"], got.GetProperty("to").EnumerateArray().Select(one => one.GetString()));

        await notify.Sender.RunOnceAsync(Bed.Now + TimeSpan.FromMinutes(1), Cancel);
        delivery = Assert.Single(await notify.Deliveries.ListAsync(Project, null, 10, Cancel));
        Assert.Equal(
            (2, "2 of 3 have it; no-body@example.com is refused: there is no such person"),
            (delivery.Attempts, delivery.LastAnswer)
        );
    }

    [Fact]
    public async Task A_server_without_TLS_is_told_nothing_where_TLS_is_wanted()
    {
        await using var server = await StartAsync();
        using var notify = Of(server, SmtpSecurity.StartTls);
        var target = await AddAsync(notify, "anna@example.com");

        var result = await notify.Test.RunAsync(Project, target.Id, Cancel);

        Assert.False(result?.IsDelivered);
        Assert.Contains("STARTTLS", result?.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        var file = Folder.File("server.pem", []);
        using (var key = RSA.Create(2048))
        {
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            var now = TimeProvider.System.GetUtcNow();
            using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            await File.WriteAllTextAsync(file, $"{made.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", Cancel);
        }

        await using var server = await StartAsync(file);
        using var notify = Of(server, SmtpSecurity.StartTls);
        var target = await AddAsync(notify, "anna@example.com");

        var result = await notify.Test.RunAsync(Project, target.Id, Cancel);

        Assert.False(result?.IsDelivered);
        Assert.Contains("SSL", result?.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_mail_server_there_are_no_targets_of_mail()
    {
        using var notify = new NotifyWorld(Bed.Database, World.Repository, Bed);
        var draft = new NotifyTargetDraft("mail", NotifyKind.Email, "anna@example.com", null);

        var refused = Assert.IsType<NotifyOutcome<NotifyTarget>.Refused>(await notify.Targets.CreateAsync(Project, draft, Cancel));

        Assert.Contains("Notifications:Smtp:Host", refused.Why, StringComparison.Ordinal);
    }

    private static async Task<MailServer> StartAsync(string? certificate = null)
    {
        Assert.SkipUnless(MailServer.Absence is null, MailServer.Absence ?? "");
        return await MailServer.StartAsync(Cancel, certificate);
    }

    private NotifyWorld Of(MailServer server, SmtpSecurity security) =>
        new(
            Bed.Database,
            World.Repository,
            Bed,
            NotifyWorld.NoMail with
            {
                Smtp = new SmtpServer("127.0.0.1", server.Port, security, null, null, "holdfast@example.net"),
            }
        );

    /// <summary>The last order to back the volume up failed, and who is to be told of it is.</summary>
    private async Task FailAndTellAsync(NotifyWorld notify)
    {
        await Bed.ExecuteAsync(
            "INSERT INTO volume_outcome (volume_id, job_id, ended_at, failures, fail_code, fail_reason) "
                + "VALUES (@volume, 'j', 1, 1, 'c', 'away')",
            new { volume = Volume.Id.ToString() }
        );
        await notify.Watcher.LookAsync(Bed.Now, Cancel);
        await notify.Sender.RunOnceAsync(Bed.Now, Cancel);
    }

    private async Task<NotifyTarget> AddAsync(NotifyWorld notify, string recipients) =>
        Assert
            .IsType<NotifyOutcome<NotifyTarget>.Done>(
                await notify.Targets.CreateAsync(Project, new NotifyTargetDraft("mail", NotifyKind.Email, recipients, null), Cancel)
            )
            .Made;
}
