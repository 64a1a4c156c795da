using System.Net;
using System.Net.Sockets;
using MimeKit;

namespace Holdfast.Control.Notifications;

/// <summary>What a target may be. Pure.</summary>
public static class TargetRules
{
    public const int MostName = 64;
    public const int MostAddress = 2000;
    public const int MostRecipients = 20;
    public const int LeastSecret = 16;
    public const int MostSecret = 255;

    /// <summary>What is wrong with a webhook's address, or null. Redirects are not followed, so this is where messages go.</summary>
    public static string? TroubleOfUrl(string text) =>
        text.Length <= MostAddress
        && !text.Any(IsUnfit)
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", UserInfo: "", Fragment: "", Host.Length: > 0 }
        && !(IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IsForbidden(address))
            ? null
            : $"is an address like https://alerts.example.com/holdfast, of at most {MostAddress} characters, with http or https, without a "
                + "user or password, and not a link-local one";

    /// <summary>What is wrong with the addresses of mail, or null.</summary>
    public static string? TroubleOfRecipients(string text) =>
        text.Length <= MostAddress
        && text.Split(',') is { Length: <= MostRecipients } all
        && all.All(one => TryParseMailbox(one) is not null)
            ? null
            : $"is 1 to {MostRecipients} addresses like anna@example.com, commas between";

    /// <summary>What is wrong with what messages are signed with, or null.</summary>
    public static string? TroubleOfSecret(string text) =>
        text.Length is >= LeastSecret and <= MostSecret && text.All(c => c is > ' ' and <= '~')
            ? null
            : $"is {LeastSecret} to {MostSecret} characters of ASCII without blanks";

    /// <summary>An address of mail without a name; null for what is none. What could end a line of a message's head is no
    /// address.</summary>
    public static MailboxAddress? TryParseMailbox(string text) =>
        text.Length is > 0 and <= 254
        && !text.Any(IsUnfit)
        && MailboxAddress.TryParse(text, out var found)
        && found.Address == text
        && found.Address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
        && at < text.Length - 1
            ? found
            : null;

    /// <summary>Link-local addresses: what answers there is this machine's cloud, which gives its credentials to whoever asks.</summary>
    public static bool IsForbidden(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? plain.GetAddressBytes() is [169, 254, ..]
            : plain.IsIPv6LinkLocal || plain.Equals(CloudOverIpv6);
    }

    private static readonly IPAddress CloudOverIpv6 = IPAddress.Parse("fd00:ec2::254");

    private static bool IsUnfit(char c) => char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c) || c is '<' or '>' or '"';
}
