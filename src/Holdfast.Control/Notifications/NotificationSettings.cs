namespace Holdfast.Control.Notifications;

/// <summary>How a connection to a mail server is kept from others.</summary>
public enum SmtpSecurity
{
    /// <summary>Not at all; then no password is sent.</summary>
    None = 0,

    /// <summary>Begun in the clear and made TLS before anything is said; refused where the server cannot.</summary>
    StartTls = 1,

    /// <summary>TLS from the first byte.</summary>
    Tls = 2,
}

/// <summary>What a service tells whom, as it is set.</summary>
/// <param name="DigestAt">The time of day, UTC, of the digest, <c>HH:mm</c>; empty for never.</param>
/// <param name="Link">Where people reach the service; null where that is not known.</param>
/// <param name="Smtp">Null where no mail is sent.</param>
public sealed record NotificationSettings(string DigestAt, string? Link, SmtpServer? Smtp);

/// <summary>A mail server, checked.</summary>
/// <param name="PasswordFile">Whose first line is the password; null where the server asks for none.</param>
public sealed record SmtpServer(string Host, int Port, SmtpSecurity Security, string? User, string? PasswordFile, string From);

/// <summary>What a service logs in to its mail server with.</summary>
public static class MailPassword
{
    /// <summary>The first line of its file; null where that is empty. Read anew each time, so that it can be changed.</summary>
    /// <exception cref="IOException">It cannot be read; <see cref="UnauthorizedAccessException"/> says so, too.</exception>
    public static string? Read(string file) => File.ReadLines(file).FirstOrDefault() is { Length: > 0 } line ? line : null;
}
