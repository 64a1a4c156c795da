using System.Text;
using CsCheck;
using Holdfast.Server.Identity.Signing;

namespace Holdfast.Server.Tests.Identity.Signing;

/// <summary>What another's signer signed is verified, however oddly it is put on the wire; and whatever is changed of it on the way is
/// noticed.</summary>
public sealed class SignedByOthersTests
{
    private const string Secret = "testSecretKey/0123";
    private const string Date = "20240102T030405Z";

    private static readonly DateTimeOffset Now = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Pieces that go wrong more often than letters do.</summary>
    private static readonly Gen<string> Piece = Gen.OneOfConst(
        "a",
        "B",
        "z0",
        "_",
        "-",
        "~",
        ".",
        "..",
        "%",
        "%2F",
        "%41",
        " ",
        "  ",
        "+",
        "&",
        "=",
        "?",
        "#",
        ";",
        ":",
        "@",
        "'",
        "*",
        "(",
        "é",
        "€",
        "😀",
        "\u00a0",
        "\0",
        "\n"
    );

    private static readonly Gen<string> Text = Piece.Array[0, 4].Select(string.Concat);
    private static readonly Gen<string> Slashed = Gen.OneOf(Text, Text.Select(text => text + "/x"));

    private static readonly Gen<string> HeaderValue = Gen.OneOfConst("a", "B/1", ";", ",", "=", " ", "  ", "\t", " \t ", "é")
        .Array[0, 6]
        .Select(parts => string.Concat(parts).Trim(' ', '\t'));

    private static readonly Gen<ClientRequest> Requests = Gen.Select(
        Gen.OneOfConst("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"),
        Text.Array[0, 4],
        Gen.Select(Slashed, Slashed).Array[0, 5],
        HeaderValue.Array[3],
        Gen.OneOf(Gen.Const<byte[]>([]), Gen.Byte.Array[1, 40]),
        (method, segments, query, values, body) =>
            new ClientRequest(
                method,
                segments,
                DistinctInCase(query),
                [
                    ("accept", values[0]),
                    ("host", "vbs.example.test:8443"),
                    ("x-custom", values[1]),
                    ("user-agent", values[2]),
                    ("x-sdk-date", Date),
                ],
                body
            )
    );

    [Fact]
    public void What_another_signer_signed_is_verified_however_it_is_encoded() =>
        Gen.Select(Requests, Gen.Bool, Gen.Int, Gen.OneOfConst("", "eu-de"))
            .Sample(
                (request, isDerived, seed, region) =>
                {
                    var wire = Wire.Put(request, seed);
                    Assert.True(IsTaken(Sign(request, isDerived, region), wire), $"{wire.Path}?{wire.Query}");
                    Assert.False(SignatureCheck.IsMadeWith(Secret + "4", Sign(request, isDerived, region), wire));
                },
                iter: 3000
            );

    [Fact]
    public void Any_one_change_of_what_is_signed_is_refused() =>
        Gen.Select(Requests, Gen.Bool, Gen.Int, Gen.Int[0, 9], Gen.Bool)
            .Sample(
                (request, isDerived, seed, change, withHash) =>
                {
                    var changed = Wire.Put(Change(request, change, new Random(seed)), seed);

                    // A hash that is true, but that nobody signed.
                    var hash = CanonicalRequest.Hash(changed.Body.Span);
                    var sent = withHash
                        ? changed with
                        {
                            Header = name => name == CanonicalRequest.BodyHashHeader ? hash : changed.Header(name),
                        }
                        : changed;
                    Assert.False(
                        IsTaken(Sign(request, isDerived, ""), sent),
                        $"change {change} of {request.Method} {sent.Path}?{sent.Query}"
                    );
                },
                iter: 6000
            );

    [Fact]
    public void Any_one_change_of_the_signature_itself_is_refused() =>
        Gen.Select(Requests, Gen.Bool, Gen.Int[0, 31], Gen.Int[0, 7])
            .Sample(
                (request, isDerived, index, bit) =>
                {
                    var wire = Wire.Put(request, 0);
                    var signed = Sign(request, isDerived, "eu-de");
                    byte[] flipped = [.. signed.Signature];
                    flipped[index] ^= (byte)(1 << bit);
                    Assert.False(IsTaken(signed with { Signature = flipped }, wire));
                    Assert.False(IsTaken(signed with { SignedHeaders = [.. signed.SignedHeaders.Skip(1)] }, wire));
                    Assert.False(IsTaken(signed with { SignedHeaders = [.. signed.SignedHeaders.Reverse()] }, wire));
                    Assert.False(
                        IsTaken(
                            signed with
                            {
                                Scope = isDerived ? signed.Scope?.Replace("eu-de", "", StringComparison.Ordinal) : "20240102///sdk_request",
                            },
                            wire
                        )
                    );
                },
                iter: 1000
            );

    /// <summary>Decision 0009 lists these: what the first form is, we cannot change.</summary>
    [Fact]
    public void The_first_form_does_not_sign_further_values_of_a_name_nor_tell_a_query_from_a_form()
    {
        (string, string)[] headers = [("host", "h"), ("x-sdk-date", Date)];
        var get = new ClientRequest("GET", ["v2"], [("limit", "1")], headers, []);
        var more = Wire.Put(get with { Query = [("limit", "1"), ("limit", "2")] }, 0);
        Assert.True(IsTaken(Sign(get, isDerived: true, ""), more));
        Assert.False(IsTaken(Sign(get, isDerived: false, ""), more));

        var bare = new ClientRequest("POST", ["v2"], [("a", "1 2")], headers, []);
        var form = Wire.Put(bare with { Query = [], Body = Encoding.UTF8.GetBytes("a=1+2") }, 0);
        Assert.True(IsTaken(Sign(bare, isDerived: true, ""), form));
        Assert.False(IsTaken(Sign(bare, isDerived: false, ""), form));
    }

    private static bool IsTaken(RequestSignature signature, WireRequest wire) =>
        SignatureCheck.FindFault(signature, wire, Now) is null && SignatureCheck.IsMadeWith(Secret, signature, wire);

    private static RequestSignature Sign(ClientRequest request, bool isDerived, string region) =>
        RequestSignature.Parse(
            isDerived ? IndependentSigner.SignDerived(request, "AK", Secret, region) : IndependentSigner.SignPlain(request, "AK", Secret)
        ) ?? throw new InvalidOperationException("The header is not a signature.");

    private static ClientRequest Change(ClientRequest request, int change, Random random)
    {
        var at = random.Next(Math.Max(1, request.Query.Count));
        return change switch
        {
            0 => request with { Method = request.Method == "POST" ? "PUT" : "POST" },
            1 => request with { Segments = [.. request.Segments, "x"] },
            2 => request with { Segments = request.Segments.Count == 0 ? ["y"] : [request.Segments[0] + "y", .. request.Segments.Skip(1)] },
            3 => WithHeader(request, "accept", "z"),
            4 => WithHeader(request, "host", ".evil.test"),
            5 => request with { Headers = [.. request.Headers.Where(header => header.Name != "x-custom")] },
            6 => request with { Query = [.. request.Query, ("added/name", "1")] },
            7 when request.Query.Count > 0 => request with
            {
                Query = [.. request.Query.Where(pair => pair.Name != request.Query[at].Name)],
            },

            // Of further values of a name the first form says nothing, so it is the first that is changed.
            8 when request.Query.Count > 0 => request with
            {
                Query = [(request.Query[0].Name, request.Query[0].Value + "x"), .. request.Query.Skip(1)],
            },
            _ => request with { Body = [.. request.Body, (byte)random.Next(256)] },
        };
    }

    private static ClientRequest WithHeader(ClientRequest request, string name, string more) =>
        request with
        {
            Headers = [.. request.Headers.Select(header => header.Name == name ? (name, header.Value + more) : header)],
        };

    /// <summary>Of names that differ in case alone the contract does not say which comes first, and Go leaves it to chance.</summary>
    private static List<(string Name, string Value)> DistinctInCase((string Name, string Value)[] query) =>
        [
            .. query
                .GroupBy(pair => Uri.EscapeDataString(pair.Name).ToUpperInvariant())
                .SelectMany(group => group.Where(pair => pair.Name == group.First().Name)),
        ];
}
