using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Server.Identity.Signing;

/// <summary>A request as it came over the wire, as far as it is signed.</summary>
/// <param name="Path">Not decoded, without the query.</param>
/// <param name="Query">Not decoded, without the question mark.</param>
/// <param name="Header">The value of a header, by its lower-case name; null when it was not sent.</param>
internal sealed record WireRequest(string Method, string Path, string Query, Func<string, string?> Header, ReadOnlyMemory<byte> Body);

/// <summary>Writes the text over which a signature is made (contract, clients.md, sections 2.4 and 2.5).</summary>
internal static class CanonicalRequest
{
    public const string BodyHashHeader = "x-sdk-content-sha256";

    /// <summary>What the signers' languages call whitespace; .NET has more of it.</summary>
    private static readonly char[] Blanks = [' ', '\t', '\n', '\f', '\r'];

    /// <summary>The six parts, one after the other. Null when a signed header was not sent.</summary>
    public static string? Write(RequestSignature signature, WireRequest request)
    {
        var headers = new StringBuilder();
        foreach (var name in signature.SignedHeaders)
        {
            if (request.Header(name) is not { } value)
            {
                return null;
            }

            headers.Append(name).Append(':').Append(signature.IsDerived ? Collapse(value) : value.Trim(Blanks)).Append('\n');
        }

        // The first form signs the query of a POST without body in place of the body. The hash is always made here: one that is only
        // claimed, in a header that need not even be signed, would leave that query unsigned.
        var isBare = signature.IsDerived && request.Method == "POST" && request.Body.IsEmpty;
        var query = Parse(request.Query);
        return string.Join(
            '\n',
            request.Method,
            Path(request.Path),
            isBare ? ""
                : signature.IsDerived ? FirstValues(query)
                : AllValues(query),
            headers.ToString(),
            string.Join(';', signature.SignedHeaders),
            Hash(isBare ? Encoding.UTF8.GetBytes(AsForm(query)) : request.Body.Span)
        );
    }

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string Path(string path)
    {
        var encoded = Encode(Decode(path, plusIsBlank: false), keepSlash: true);
        return encoded.EndsWith('/') ? encoded : encoded + "/";
    }

    private static List<(byte[] Name, byte[] Value)> Parse(string query) =>
        [
            .. query
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(part => part.Split('=', 2))
                .Select(part => (Decode(part[0], plusIsBlank: true), part.Length > 1 ? Decode(part[1], plusIsBlank: true) : [])),
        ];

    /// <summary>Ordered by the names in lower case, as the SDK for Go does: comparing them in upper case would put <c>_</c>
    /// elsewhere.</summary>
    private static string FirstValues(IEnumerable<(byte[] Name, byte[] Value)> query) =>
        string.Join(
            '&',
            query
                .Select(Encoded)
                .DistinctBy(pair => pair.Name)
                .OrderBy(pair => pair.Name.ToLowerInvariant(), StringComparer.Ordinal)
                .Select(pair => $"{pair.Name}={pair.Value}")
        );

    private static string AllValues(IEnumerable<(byte[] Name, byte[] Value)> query) =>
        string.Join(
            '&',
            query
                .Select(Encoded)
                .OrderBy(pair => pair.Name, StringComparer.Ordinal)
                .ThenBy(pair => pair.Value, StringComparer.Ordinal)
                .Select(pair => $"{pair.Name}={pair.Value}")
        );

    /// <summary>As Go writes the values of a form: by name, a blank as a plus.</summary>
    private static string AsForm(IEnumerable<(byte[] Name, byte[] Value)> query) =>
        string.Join(
                '&',
                query
                    .OrderBy(pair => Encoding.Latin1.GetString(pair.Name), StringComparer.Ordinal)
                    .Select(Encoded)
                    .Select(pair => $"{pair.Name}={pair.Value}")
            )
            .Replace("%20", "+", StringComparison.Ordinal);

    private static (string Name, string Value) Encoded((byte[] Name, byte[] Value) pair) =>
        (Encode(pair.Name, keepSlash: false), Encode(pair.Value, keepSlash: false));

    private static byte[] Decode(string text, bool plusIsBlank)
    {
        var from = Encoding.UTF8.GetBytes(text);
        var to = new List<byte>(from.Length);
        for (var i = 0; i < from.Length; i++)
        {
            if (from[i] == '%' && i + 2 < from.Length && char.IsAsciiHexDigit((char)from[i + 1]) && char.IsAsciiHexDigit((char)from[i + 2]))
            {
                to.Add(Convert.ToByte(Encoding.ASCII.GetString(from, i + 1, 2), 16));
                i += 2;
            }
            else
            {
                to.Add(plusIsBlank && from[i] == '+' ? (byte)' ' : from[i]);
            }
        }

        return [.. to];
    }

    private static string Encode(byte[] bytes, bool keepSlash)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes)
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '~' || (keepSlash && c == '/'))
            {
                text.Append(c);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2"));
            }
        }

        return text.ToString();
    }

    private static string Collapse(string value) => string.Join(' ', value.Split(Blanks, StringSplitOptions.RemoveEmptyEntries));
}
