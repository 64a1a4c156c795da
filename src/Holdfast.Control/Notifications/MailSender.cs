using System.Collections.Concurrent;
using System.Net.Security;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Holdfast.Control.Notifications;

/// <summary>Sends messages as mail, one connection a message. Certificates are verified as everywhere. An address that the server refuses
/// keeps the mail from no other; the next attempt goes to those that do not have it.</summary>
internal sealed class MailSender(SmtpServer server)
{
    /// <summary>More messages than ever wait, each for an address that is refused. What is forgotten is sent to some once more.</summary>
    private const int MostRemembered = 10_000;

    private readonly MailboxAddress _from =
        TargetRules.TryParseMailbox(server.From) ?? throw new ArgumentException($"'{server.From}' is no address.", nameof(server));

    /// <summary>Who has a message that not all have.</summary>
    private readonly ConcurrentDictionary<NotifyDeliveryId, IReadOnlyList<string>> _have = new();

    /// <summary>What a server of SMTP answered; null for any other failure.</summary>
    public static int? StatusOf(Exception error) => error is SmtpCommandException refused ? (int)refused.StatusCode : null;

    /// <returns>Delivered once all have it.</returns>
    /// <exception cref="Exception">Of many kinds: whatever keeps a mail from being sent.</exception>
    public async Task<SendResult> SendAsync(string recipients, NotifyDeliveryId id, NotifyMessage message, CancellationToken cancel)
    {
        var all = recipients.Split(',').Select(TargetRules.TryParseMailbox).OfType<MailboxAddress>().ToList();
        var had = _have.GetValueOrDefault(id, []);
        var to = all.Where(one => !had.Contains(one.Address)).ToList();
        using var mail = MailOf(all, id, message);
        using var client = new RefusalsClient(refused => TextOf(had.Count, all.Count, refused))
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

        var answer = await client.SendAsync(mail, _from, to.Count > 0 ? to : all, cancel);
        var refused = client.Refused;
        Remember(id, [.. had, .. to.Select(one => one.Address).Except(refused.Select(one => one.Who))], isAll: refused.Count == 0);
        try
        {
            await client.DisconnectAsync(quit: true, cancel);
        }
        catch (Exception)
        {
            // The server has the mail. What becomes of the farewell makes it neither sent nor not sent.
        }

        return refused is [var first, ..]
            ? SendResult.Of(false, (int)first.Why.StatusCode, TextOf(all.Count - refused.Count, all.Count, refused))
            : SendResult.Of(true, (int)SmtpStatusCode.Ok, answer);
    }

    private void Remember(NotifyDeliveryId id, IReadOnlyList<string> have, bool isAll)
    {
        if (isAll)
        {
            _have.TryRemove(id, out _);
            return;
        }

        if (_have.Count >= MostRemembered)
        {
            _have.Clear();
        }

        _have[id] = have;
    }

    private MimeMessage MailOf(IReadOnlyList<MailboxAddress> to, NotifyDeliveryId id, NotifyMessage message)
    {
        var mail = new MimeMessage
        {
            Subject = MessageText.SubjectOf(message),
            Date = message.At, // that of its making: what could not be sent for an hour is older than what came after it
            MessageId = $"{id}@{_from.Domain}",
            Body = new TextPart("plain") { Text = MessageText.BodyOf(message) },
        };
        mail.From.Add(_from);
        mail.To.AddRange(to);
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("Holdfast-Event", message.Event);
        mail.Headers.Add("Holdfast-Delivery", id.ToString());
        return mail;
    }

    private static string TextOf(int have, int all, IEnumerable<(string Who, SmtpResponse Why)> refused) =>
        (have > 0 ? $"{have} of {all} have it; " : "")
        + string.Join("; ", refused.Select(one => $"{one.Who} is refused: {one.Why.Response}"));

    /// <summary>Goes on where an address is refused, as long as one is not.</summary>
    private sealed class RefusalsClient(Func<IEnumerable<(string Who, SmtpResponse Why)>, string> tell) : SmtpClient
    {
        public List<(string Who, SmtpResponse Why)> Refused { get; } = [];

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
            Refused.Add((mailbox.Address, response));

        protected override void OnNoRecipientsAccepted(MimeMessage message) =>
            throw new SmtpCommandException(
                SmtpErrorCode.RecipientNotAccepted,
                Refused[0].Why.StatusCode,
                tell(Refused)
            );
    }
}
