using System.Net.Security;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Holdfast.Control.Notifications;

/// <summary>Sends messages as mail, one connection a message. Certificates are verified as everywhere.</summary>
internal sealed class MailSender(SmtpServer server, TimeProvider clock)
{
    private readonly MailboxAddress _from =
        TargetRules.TryParseMailbox(server.From) ?? throw new ArgumentException($"'{server.From}' is no address.", nameof(server));

    /// <summary>What a server of SMTP answered; null for any other failure.</summary>
    public static int? StatusOf(Exception error) => error is SmtpCommandException refused ? (int)refused.StatusCode : null;

    /// <exception cref="Exception">Of many kinds: whatever keeps a mail from being sent.</exception>
    public async Task<SendResult> SendAsync(string recipients, NotifyDeliveryId id, NotifyMessage message, CancellationToken cancel)
    {
        using var mail = MailOf(recipients, id, message);
        using var client = new SmtpClient
        {
            Timeout = (int)NotifyPost.Patience.TotalMilliseconds,
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None,
        };
        await client.ConnectAsync(
            server.Host,
            server.Port,
            server.Security switch
            {
                SmtpSecurity.None => SecureSocketOptions.None,
                SmtpSecurity.StartTls => SecureSocketOptions.StartTls,
                _ => SecureSocketOptions.SslOnConnect,
            },
            cancel
        );
        if (server is { User: { } user, PasswordFile: { } file })
        {
            await client.AuthenticateAsync(user, MailPassword.Read(file) ?? "", cancel);
        }

        var answer = await client.SendAsync(mail, cancel);

        try
        {
            await client.DisconnectAsync(quit: true, cancel);
        }
        catch (Exception)
        {
            // The server has the mail. What becomes of the farewell makes it neither sent nor not sent.
        }

        return SendResult.Of(true, (int)SmtpStatusCode.Ok, answer);
    }

    private MimeMessage MailOf(string recipients, NotifyDeliveryId id, NotifyMessage message)
    {
        var mail = new MimeMessage
        {
            Subject = MessageText.SubjectOf(message),
            Date = clock.GetUtcNow(),
            MessageId = $"{id}@{_from.Domain}",
            Body = new TextPart("plain") { Text = MessageText.BodyOf(message) },
        };
        mail.From.Add(_from);
        mail.To.AddRange(recipients.Split(',').Select(TargetRules.TryParseMailbox).OfType<MailboxAddress>());
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("Holdfast-Event", message.Event);
        mail.Headers.Add("Holdfast-Delivery", id.ToString());
        return mail;
    }
}
