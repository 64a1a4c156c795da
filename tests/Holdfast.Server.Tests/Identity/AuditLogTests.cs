using System.Net;
using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Identity;
using Holdfast.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Tests.Identity;

public sealed class AuditLogTests
{
    private readonly Lines _lines = new();
    private readonly JumpingClock _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));

    [Fact]
    public void Of_a_flood_of_failures_ten_a_minute_are_written_and_then_how_many_were_not()
    {
        using var audit = new AuditLog(_lines, _clock);
        var context = From("192.0.2.1");
        for (var i = 0; i < 25; i++)
        {
            audit.LoginFailed(context, "anna");
        }

        Assert.Equal(10, _lines.Count);
        Assert.Equal((LogLevel.Warning, "A login of user anna from 192.0.2.1 failed"), _lines[0]);

        // A clock that is set back does not make the minute longer.
        _clock.Jump(TimeSpan.FromDays(-400));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            (LogLevel.Warning, "15 more logins and signatures failed within the minute and were not written here"),
            Assert.Single(_lines.Skip(10))
        );

        audit.SignatureFailed(context, "AK", "why");
        Assert.Equal(
            (LogLevel.Warning, "A request from 192.0.2.1 that is signed with access key AK was refused: why"),
            Assert.Single(_lines.Skip(11))
        );
    }

    [Fact]
    public void What_a_stranger_writes_stays_one_short_line_without_tricks()
    {
        using var audit = new AuditLog(_lines, _clock);
        audit.LoginFailed(From("::ffff:192.0.2.1"), "x\n5101 User\u202e \u001b[31m" + new string('y', 500));
        Assert.Equal($"A login of user x?5101 User? ?[31m{new string('y', 46)} from 192.0.2.1 failed", _lines[0].Text);
    }

    [Fact]
    public void A_change_says_who_did_what()
    {
        using var audit = new AuditLog(_lines, _clock);
        var anna = new Account(new AccountId("a1"), "anna", Enabled: true);
        audit.Changed(From("192.0.2.1"), anna, $"deleted {AuditLog.Of("user", "ben", "b2")}");
        Assert.Equal((LogLevel.Information, "User anna (a1) deleted user 'ben' (b2)"), Assert.Single(_lines));
    }

    private static DefaultHttpContext From(string address) => new() { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };

    private sealed class Lines : List<(LogLevel Level, string Text)>, ILogger<AuditLog>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Add((logLevel, formatter(state, exception)));
    }
}
