using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.Identity.Signing;

/// <summary>A request as its client means it: nothing is encoded yet.</summary>
/// <param name="Segments">Of the path, between its slashes.</param>
/// <param name="Headers">All are signed, in this order; <c>host</c> and <c>x-sdk-date</c> are among them.</param>
internal sealed record ClientRequest(
    string Method,
    IReadOnlyList<string> Segments,
    IReadOnlyList<(string Name, string Value)> Query,
    IReadOnlyList<(string Name, string Value)> Headers,
    byte[] Body
)
{
    public string Date => Headers.Single(header => header.Name == "x-sdk-date").Value;
}

/// <summary>
/// Signs as a client does, from what it means and not from what goes over the wire. Written from the contract (clients.md, sections 2.4 and
/// 2.5), with no line of the service's own: a mistake there is not repeated here.
/// </summary>
internal static partial class IndependentSigner
{
    /// <summary>The first form, <c>Credential=</c>.</summary>
    public static string SignDerived(ClientRequest request, string access, string secret, string region = "", string service = "")
    {
        var names = Names(request);
        var isQueryHashed = request is { Method: "POST", Body.Length: 0 };
        var firsts = request
            .Query.GroupBy(pair => pair.Name, pair => pair.Value)
            .ToDictionary(group => Uri.EscapeDataString(group.Key), group => Uri.EscapeDataString(group.First()));
        var query = firsts.Keys.ToList();
        query.Sort((a, b) => string.CompareOrdinal(a.ToLowerInvariant(), b.ToLowerInvariant()));
        var text = new StringBuilder($"{request.Method}\n{Path(request)}\n");
        text.Append(isQueryHashed ? "" : string.Join("&", query.Select(name => name + "=" + firsts[name]))).Append('\n');
        foreach (var (name, value) in request.Headers)
        {
            text.Append(name + ":" + Blanks().Replace(value, " ") + "\n");
        }

        text.Append($"\n{names}\n{Sha256(isQueryHashed ? Form(request.Query) : request.Body)}");
        var day = request.Date[..8];
        var key = Encoding.UTF8.GetBytes("SDK" + secret);
        foreach (var part in (string[])[day, region, service, "sdk_request"])
        {
            key = Hmac(key, part);
        }

        var signature = Hmac(
            key,
            $"SDK-HMAC-SHA256\n{request.Date}\n{day}/{region}/{service}/sdk_request\n{Sha256(Encoding.UTF8.GetBytes(text.ToString()))}"
        );
        return $"SDK-HMAC-SHA256 Credential={access}/{day}/{region}/{service}/sdk_request, SignedHeaders={names}, "
            + $"Signature={Hex(signature)}";
    }

    /// <summary>The second form, <c>Access=</c>.</summary>
    public static string SignPlain(ClientRequest request, string access, string secret)
    {
        var names = Names(request);
        var pairs = request.Query.Select(pair => (Name: Uri.EscapeDataString(pair.Name), Value: Uri.EscapeDataString(pair.Value))).ToList();
        pairs.Sort(
            (a, b) => string.CompareOrdinal(a.Name, b.Name) is not 0 and var order ? order : string.CompareOrdinal(a.Value, b.Value)
        );
        var lines = new List<string>
        {
            request.Method,
            Path(request),
            string.Join("&", pairs.Select(pair => pair.Name + "=" + pair.Value)),
        };
        lines.AddRange(request.Headers.Select(header => header.Name + ":" + header.Value));
        lines.AddRange(["", names, Sha256(request.Body)]);
        var hash = Sha256(Encoding.UTF8.GetBytes(string.Join("\n", lines)));
        return $"SDK-HMAC-SHA256 Access={access}, SignedHeaders={names}, "
            + $"Signature={Hex(Hmac(Encoding.UTF8.GetBytes(secret), $"SDK-HMAC-SHA256\n{request.Date}\n{hash}"))}";
    }

    /// <summary>As Go writes a form: sorted by the bytes of the names, a blank as a plus.</summary>
    public static byte[] Form(IReadOnlyList<(string Name, string Value)> query)
    {
        static string Escape(string text) => string.Join("+", text.Split(' ').Select(Uri.EscapeDataString));
        var byBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));
        return Encoding.UTF8.GetBytes(
            string.Join(
                "&",
                query
                    .OrderBy(pair => Encoding.UTF8.GetBytes(pair.Name), byBytes)
                    .Select(pair => Escape(pair.Name) + "=" + Escape(pair.Value))
            )
        );
    }

    private static string Path(ClientRequest request)
    {
        var path = string.Concat(request.Segments.Select(segment => "/" + Uri.EscapeDataString(segment)));
        return path.EndsWith('/') ? path : path + "/";
    }

    private static string Names(ClientRequest request) => string.Join(";", request.Headers.Select(header => header.Name));

    private static byte[] Hmac(byte[] key, string text)
    {
        using var hmac = new HMACSHA256(key);
        return hmac.ComputeHash(Encoding.UTF8.GetBytes(text));
    }

    private static string Sha256(byte[] bytes) => Hex(SHA256.HashData(bytes));

    private static string Hex(byte[] bytes) => string.Concat(bytes.Select(b => b.ToString("x2")));

    [GeneratedRegex("[ \t]+")]
    private static partial Regex Blanks();
}
