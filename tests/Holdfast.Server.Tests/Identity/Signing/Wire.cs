using System.Text;
using Holdfast.Server.Identity.Signing;

namespace Holdfast.Server.Tests.Identity.Signing;

/// <summary>Puts a request on the wire as clients do that encode more, or otherwise, than they must. By chance, which a seed
/// repeats.</summary>
internal static class Wire
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    public static WireRequest Put(ClientRequest request, int seed)
    {
        var random = new Random(seed);
        var headers = request.Headers.ToDictionary(header => header.Name, header => header.Value);
        return new WireRequest(
            request.Method,
            Path(request.Segments, random),
            Query(request.Query, random),
            headers.GetValueOrDefault,
            request.Body
        );
    }

    private static string Path(IReadOnlyList<string> segments, Random random)
    {
        var path = string.Concat(segments.Select(segment => "/" + Escape(segment, "!$&'()*+,;=:@", random)));
        return path.Length == 0 ? "/" : path;
    }

    private static string Query(IReadOnlyList<(string Name, string Value)> query, Random random)
    {
        var parts = query.Select(pair =>
        {
            var name = Plus(Escape(pair.Name, "!$'()*,:@/?", random), random);
            return pair is { Name: not "", Value: "" } && random.Next(2) == 0
                ? name
                : name + "=" + Plus(Escape(pair.Value, "!$'()*,:@/?=", random), random);
        });
        return string.Join(random.Next(4) == 0 ? "&&" : "&", parts);
    }

    private static string Plus(string text, Random random) =>
        random.Next(2) == 0 ? text.Replace("%20", "+", StringComparison.Ordinal) : text;

    private static string Escape(string text, string mayBeBare, Random random)
    {
        var made = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            var isBare = Unreserved.Contains((char)b, StringComparison.Ordinal)
                ? random.Next(5) != 0
                : mayBeBare.Contains((char)b, StringComparison.Ordinal) && random.Next(2) == 0;
            made.Append(
                isBare ? $"{(char)b}"
                : random.Next(2) == 0 ? $"%{b:x2}"
                : $"%{b:X2}"
            );
        }

        return made.ToString();
    }
}
