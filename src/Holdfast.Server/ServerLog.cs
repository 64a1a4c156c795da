using Microsoft.Extensions.Logging;

namespace Holdfast.Server;

/// <summary>The server's messages: ids 5000 to 5999, never renumbered.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(5001, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Failed(ILogger log, Exception error, string method, string path);

    [LoggerMessage(5002, LogLevel.Warning, "{Method} {Path} could not be answered")]
    public static partial void Unavailable(ILogger log, Exception error, string method, string path);

    [LoggerMessage(5003, LogLevel.Warning, "Listening on {Address}, which others can reach, without TLS: put a proxy with TLS before it")]
    public static partial void OpenToOthers(ILogger log, string address);

    [LoggerMessage(
        5004,
        LogLevel.Warning,
        "Keystone at {Url} cannot be asked; requests with tokens that were not seen lately are refused with 503 until it can"
    )]
    public static partial void KeystoneIsAway(ILogger log, Exception error, string url);

    [LoggerMessage(5005, LogLevel.Information, "Keystone at {Url} answers again")]
    public static partial void KeystoneIsBack(ILogger log, string url);

    [LoggerMessage(
        5100,
        LogLevel.Warning,
        "No enabled user has the role admin in an enabled project, so nobody can manage users: 'holdfast user recover' lets the user "
            + "admin in again"
    )]
    public static partial void NoAdmin(ILogger log);

    [LoggerMessage(
        5111,
        LogLevel.Warning,
        "HOLDFAST_ADMIN_PASSWORD is not the password of the user admin: it counts at the first start of all only. Take it out; 'holdfast "
            + "user password' changes the password, 'holdfast user recover' sets one that was forgotten"
    )]
    public static partial void AdminPasswordUnused(ILogger log);

    [LoggerMessage(
        5105,
        LogLevel.Warning,
        "Repository {Repository} was taken over from {Before} by {Now}, as Repository:TakeOver says: take that setting out again"
    )]
    public static partial void TookOver(ILogger log, string repository, string before, string now);

    [LoggerMessage(5106, LogLevel.Warning, "Health: {Part} is ill: {Reason}")]
    public static partial void PartIsIll(ILogger log, Exception? error, string part, string reason);

    [LoggerMessage(5107, LogLevel.Information, "Health: {Part} is well again")]
    public static partial void PartIsWell(ILogger log, string part);

    [LoggerMessage(5108, LogLevel.Warning, "The catalog does not tell what metrics are made of; scrapes go without it")]
    public static partial void NoCatalogFigures(ILogger log, Exception error);

    [LoggerMessage(5109, LogLevel.Information, "The catalog tells again what metrics are made of")]
    public static partial void CatalogFiguresAgain(ILogger log);

    [LoggerMessage(5101, LogLevel.Information, "User {Actor} ({ActorId}) {Action}")]
    public static partial void Audit(ILogger log, string actor, string actorId, string action);

    [LoggerMessage(5102, LogLevel.Warning, "A login of user {User} from {Address} failed")]
    public static partial void LoginFailed(ILogger log, string user, string address);

    [LoggerMessage(5103, LogLevel.Warning, "A request from {Address} that is signed with access key {AccessKey} was refused: {Reason}")]
    public static partial void SignatureFailed(ILogger log, string address, string accessKey, string reason);

    [LoggerMessage(5104, LogLevel.Warning, "{Count} more logins and signatures failed within the minute and were not written here")]
    public static partial void FailuresHeldBack(ILogger log, int count);

    [LoggerMessage(5110, LogLevel.Error, "{Count} events of the audit log could not be written: what came of as many requests")]
    public static partial void AuditNotWritten(ILogger log, Exception error, int count);
}
