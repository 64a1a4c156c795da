using System.Globalization;
using System.Text;
using Holdfast.Control.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Identity;

/// <summary>
/// Who changed users, projects, roles and keys, and who tried to get in and did not. Never a secret. Of failures only so many a minute are
/// written: whoever tries passwords is not to fill the disk as well. To the service's own log, and to the audit log in the catalog.
/// </summary>
internal sealed class AuditLog(ILogger<AuditLog> log, TimeProvider clock, AuditTrail? trail = null) : IDisposable
{
    private const int MostFailures = 10;
    private const int MostText = 64;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _windowBegan;
    private int _failures;
    private ITimer? _timer;

    /// <param name="action">What they did and to whom, past tense: "deleted user 'anna' (…)".</param>
    public void Changed(HttpContext context, Account actor, string action)
    {
        ServerLog.Audit(log, Plain(actor.Name), actor.Id.Value, action);
        context.TellAudit(action);
    }

    public void LoginFailed(HttpContext context, string user)
    {
        if (IsToWrite())
        {
            ServerLog.LoginFailed(log, Plain(user), RemoteAddress.Of(context).ToString());
            trail?.Refused(Plain(user), RemoteAddress.Of(context).ToString(), "by password");
        }
    }

    public void SignatureFailed(HttpContext context, string accessKey, string reason)
    {
        if (IsToWrite())
        {
            ServerLog.SignatureFailed(log, RemoteAddress.Of(context).ToString(), Plain(accessKey), reason);
            trail?.Refused("", RemoteAddress.Of(context).ToString(), $"by signature with access key {Plain(accessKey)}: {reason}");
        }
    }

    public static string Of(string kind, string name, string id) => $"{kind} '{Plain(name)}' ({Plain(id)})";

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
        }
    }

    /// <summary>What a stranger wrote, so that it cannot look like a line of ours.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Take(MostText))
        {
            var isSeen =
                Rune.GetUnicodeCategory(rune)
                is not (
                    UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                );
            plain.Append(isSeen ? rune.ToString() : "?");
        }

        return plain.ToString();
    }

    private bool IsToWrite()
    {
        lock (_gate)
        {
            if (LeftOfWindow() <= TimeSpan.Zero)
            {
                TellHeldBack();
                _windowBegan = clock.GetTimestamp();
            }

            if (++_failures == MostFailures + 1)
            {
                _timer = clock.CreateTimer(_ => TellAtEnd(), null, LeftOfWindow(), Timeout.InfiniteTimeSpan);
            }

            return _failures <= MostFailures;
        }
    }

    private void TellAtEnd()
    {
        lock (_gate)
        {
            if (LeftOfWindow() <= TimeSpan.Zero)
            {
                TellHeldBack();
            }
        }
    }

    private void TellHeldBack()
    {
        if (_failures > MostFailures)
        {
            ServerLog.FailuresHeldBack(log, _failures - MostFailures);
            trail?.Refused("", source: null, $"{_failures - MostFailures} more within the minute");
        }

        _timer?.Dispose();
        (_timer, _failures, _windowBegan) = (null, 0, null);
    }

    /// <summary>Counted and not told by the time of day, which may be set back.</summary>
    private TimeSpan LeftOfWindow() => _windowBegan is { } began ? Window - clock.GetElapsedTime(began) : TimeSpan.Zero;
}
