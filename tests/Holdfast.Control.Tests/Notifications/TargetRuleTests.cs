using System.Net;
using Holdfast.Control.Notifications;

namespace Holdfast.Control.Tests.Notifications;

public sealed class TargetRuleTests
{
    [Theory]
    [InlineData("https://alerts.example.com/holdfast?x=1", true)]
    [InlineData("http://127.0.0.1:8080/", true)]
    [InlineData("http://[::1]:8080/", true)]
    [InlineData("ftp://example.com/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("https://anna:secret@example.com/", false)]
    [InlineData("https://example.com/#part", false)]
    [InlineData("//example.com/", false)]
    [InlineData("example.com", false)]
    [InlineData("", false)]
    [InlineData("https://", false)]
    [InlineData("https://example.com/a b", false)]
    [InlineData("https://example.com/\r\nHost: x", false)]
    [InlineData("http://169.254.169.254/latest/meta-data/", false)]
    [InlineData("http://[fe80::1]/", false)]
    [InlineData("http://[::ffff:169.254.169.254]/", false)]
    [InlineData("http://2852039166/", false)]
    [InlineData("http://0xa9fea9fe/", false)]
    public void A_webhook_is_an_address_that_says_where_messages_go(string url, bool isOne) =>
        Assert.Equal(isOne, TargetRules.TroubleOfUrl(url) is null);

    [Theory]
    [InlineData("anna@example.com", true)]
    [InlineData("anna@example.com,bob@example.org", true)]
    [InlineData("anna", false)]
    [InlineData("", false)]
    [InlineData("anna@example.com,", false)]
    [InlineData("anna@example.com, bob@example.org", false)]
    [InlineData("Anna <anna@example.com>", false)]
    [InlineData("anna@example.com\r\nBcc: all@example.com", false)]
    [InlineData("anna@example.com\nX: y", false)]
    [InlineData("@example.com", false)]
    [InlineData("anna@", false)]
    public void Recipients_are_plain_addresses(string recipients, bool areSome) =>
        Assert.Equal(areSome, TargetRules.TroubleOfRecipients(recipients) is null);

    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("::ffff:169.254.0.1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("fd00::1", false)]
    public void Link_local_addresses_are_never_connected_to(string address, bool isForbidden) =>
        Assert.Equal(isForbidden, TargetRules.IsForbidden(IPAddress.Parse(address)));

    [Fact]
    public void A_subject_is_one_line_whatever_things_are_called()
    {
        var message = new NotifyMessage
        {
            Event = "volume_failed",
            Severity = "error",
            Project = new MessageProject("p", "a\r\nBcc: all@example.com"),
            What = new string('x', 500),
            At = DateTimeOffset.UnixEpoch,
        };

        var subject = MessageText.SubjectOf(message);

        Assert.StartsWith("[Holdfast] a  Bcc: all@example.com: x", subject, StringComparison.Ordinal);
        Assert.Equal(150, subject.Length);
        Assert.DoesNotContain(MessageText.BodyOf(message).Split('\n'), line => line.StartsWith("Bcc", StringComparison.Ordinal));
    }
}
