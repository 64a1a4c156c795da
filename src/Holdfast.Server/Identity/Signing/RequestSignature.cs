using System.Globalization;

namespace Holdfast.Server.Identity.Signing;

/// <summary>
/// The header <c>Authorization: SDK-HMAC-SHA256 …</c> taken apart (contract, clients.md, sections 2.4 and 2.5). Of its two forms one names
/// a scope from which a key is derived (<c>Credential=</c>), the other signs with the secret itself (<c>Access=</c>).
/// </summary>
/// <param name="Scope"><c>date/region/service/sdk_request</c>, or null in the second form.</param>
/// <param name="SignedHeaders">Lower case, in the order in which they were signed.</param>
/// <param name="Signature">32 bytes.</param>
internal sealed record RequestSignature(string AccessKey, string? Scope, IReadOnlyList<string> SignedHeaders, byte[] Signature)
{
    public const string Algorithm = "SDK-HMAC-SHA256";

    private const int MaxHeaders = 64;
    private const string Terminator = "sdk_request";

    /// <summary>Whether a key is derived from the secret and the scope.</summary>
    public bool IsDerived => Scope is not null;

    /// <summary>Null when the header is not what it must be.</summary>
    public static RequestSignature? Parse(string header)
    {
        if (!header.StartsWith(Algorithm + " ", StringComparison.Ordinal))
        {
            return null;
        }

        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in header[(Algorithm.Length + 1)..].Split(','))
        {
            if (part.Trim().Split('=', 2) is not [var name, var value] || !parts.TryAdd(name, value))
            {
                return null;
            }
        }

        if (
            !parts.TryGetValue("SignedHeaders", out var signed)
            || !parts.TryGetValue("Signature", out var hex)
            || hex.Length != 64
            || !hex.All(char.IsAsciiHexDigit)
        )
        {
            return null;
        }

        var headers = signed.ToLowerInvariant().Split(';');
        var signature = Convert.FromHexString(hex);
        return parts.Count != 3 || headers.Length > MaxHeaders || headers.Any(name => name.Length == 0) ? null
            : parts.TryGetValue("Access", out var access) && access.Length > 0 ? new RequestSignature(access, null, headers, signature)
            : parts.TryGetValue("Credential", out var credential)
            && credential.Split('/') is [{ Length: > 0 } key, { Length: 8 } date, var region, var service, Terminator]
                ? new RequestSignature(key, $"{date}/{region}/{service}/{Terminator}", headers, signature)
            : null;
    }

    /// <summary>The time of a header <c>X-Sdk-Date</c>, or null.</summary>
    public static DateTimeOffset? ParseDate(string? text) =>
        DateTimeOffset.TryParseExact(text, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;
}
