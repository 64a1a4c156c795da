using System.Security.Cryptography;
using System.Text;
using Holdfast.Server.Identity.Signing;

namespace Holdfast.Server.Tests.Identity.Signing;

/// <summary>Signatures against the contract's vectors (clients.md, section 2.4), and what is refused before any secret is needed.</summary>
public sealed class SignatureTests
{
    private const string Secret = "testSecretKey/0123";
    private const string Policy = "/v2/17fbda95add24720a4038ba4b1c705ed/backuppolicy/ed8b9f73-4415-494d-a54e-5f3373bc353d";
    private const string Plain = "accept;host;user-agent;x-sdk-date";

    private static readonly DateTimeOffset Now = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Number, method, path, query, body, host, signed headers, hash of the body, hash of the canonical request,
    /// signature.</summary>
    public static TheoryData<string, string, string, string, string, string, string, string> Vectors =>
        new()
        {
            {
                "GET",
                $"{Policy}/backuptasks",
                "status=RUNNING&limit=10&name=a%20b",
                "",
                "vbs.example.test",
                Plain,
                "cf1b0833bc55d92b2290ec4723ba3083e9bf0a86bfc5975005c865812977708c",
                "e85076bfd42ef26424fb3734db756cb147d2409bed04e32c8934b1e65649319e"
            },
            {
                "POST",
                "/v2/17fbda95add24720a4038ba4b1c705ed/backuppolicyresources",
                "",
                """{"a":1}""",
                "vbs.example.test",
                "accept;content-type;host;user-agent;x-sdk-date",
                "8ba70711536c1f90a04e5cd7870df4daad2bfc2da64da3b80beedab9d5815b5b",
                "368023a55d654d3a6833e100fdfb893eaa215b3105d06a85b8ffea357b2c8bb1"
            },
            {
                "POST",
                $"{Policy}/action",
                "",
                "",
                "vbs.example.test",
                Plain,
                "ad3d63254d1d1c06674e8ec4f75e74ccc43d00c290bcd6239c47c8bf9a5a67b7",
                "a1e88a4b5e067dad1c987dd2ca3b4433b922147e6189b992db5251a01e185fd8"
            },
            {
                "POST",
                "/v2/p/x",
                "b=2&a=1",
                "",
                "vbs.example.test",
                Plain,
                "42211d51d505c061d9ce958392f1ecd2ff910c79ffa0570aa3a96a20a762b259",
                "c6b1997acf0bd28d3b226a44e797d2d69da710a98c75a0759c7432b5b2b2e1c6"
            },
            {
                "DELETE",
                "/v2/p/os-vendor-backup-sharing/x",
                "is_backup_id=true",
                "",
                "vbs.example.test:8443",
                Plain,
                "c04cf469d6b28b5b2526bbd1cfaab718e9d1493b1f056d7bec523d617bb8e139",
                "338c113410109477381c297c3d05692385dec836d2a90c3b98ecda1dd6e3fbd9"
            },
        };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_contracts_vectors_are_met(
        string method,
        string path,
        string query,
        string body,
        string host,
        string headers,
        string canonicalHash,
        string expected
    )
    {
        var signature = RequestSignature.Parse(
            $"SDK-HMAC-SHA256 Credential=TESTACCESSKEY/20240102///sdk_request, SignedHeaders={headers}, Signature={expected}"
        );
        Assert.NotNull(signature);
        Assert.Equal(("TESTACCESSKEY", "20240102///sdk_request"), (signature.AccessKey, signature.Scope));
        var request = Request(method, path, query, body, host);

        Assert.Equal(canonicalHash, CanonicalRequest.Hash(Encoding.UTF8.GetBytes(CanonicalRequest.Write(signature, request) ?? "")));
        Assert.Equal(
            "408174b67001b6f81f7c6454c5f28eb08f81643b2e85d45dd8868791118e090a",
            Convert.ToHexStringLower(SignatureCheck.DeriveKey(Secret, signature.Scope ?? ""))
        );
        Assert.Null(SignatureCheck.FindFault(signature, request, Now));
        Assert.True(SignatureCheck.IsMadeWith(Secret, signature, request));
        Assert.False(SignatureCheck.IsMadeWith(Secret + "4", signature, request));

        // The signer that the other tests believe meets them too.
        var pairs = query
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .Select(pair => (pair[0], Uri.UnescapeDataString(pair[1])));
        var client = new ClientRequest(
            method,
            path.Split('/')[1..],
            [.. pairs],
            [.. headers.Split(';').Select(name => (name, request.Header(name) ?? ""))],
            Encoding.UTF8.GetBytes(body)
        );
        Assert.Equal(
            $"SDK-HMAC-SHA256 Credential=TESTACCESSKEY/20240102///sdk_request, SignedHeaders={headers}, Signature={expected}",
            IndependentSigner.SignDerived(client, "TESTACCESSKEY", Secret)
        );
    }

    [Fact]
    public void The_canonical_request_of_the_first_vector_is_written_as_the_contract_shows_it()
    {
        var signature = new RequestSignature("TESTACCESSKEY", "20240102///sdk_request", Plain.Split(';'), new byte[32]);
        Assert.Equal(
            $"""
            GET
            {Policy}/backuptasks/
            limit=10&name=a%20b&status=RUNNING
            accept:application/json
            host:vbs.example.test
            user-agent:golangsdk/2.0.0
            x-sdk-date:20240102T030405Z

            accept;host;user-agent;x-sdk-date
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            """,
            CanonicalRequest.Write(
                signature,
                Request("GET", $"{Policy}/backuptasks", "status=RUNNING&limit=10&name=a%20b", "", "vbs.example.test")
            )
        );
    }

    /// <summary>The second form, signed here step by step in plain sight rather than by the code that is tested.</summary>
    [Fact]
    public void The_second_form_signs_with_the_secret_itself_and_every_value_of_the_query()
    {
        var canonical =
            "POST\n/v2/p/a%20b%2B/\na=1&a=2&name~=x%2Fy\nhost:vbs.example.test\nx-sdk-date:20240102T030405Z\n\nhost;x-sdk-date\n"
            + CanonicalRequest.Hash([]);
        var text = $"SDK-HMAC-SHA256\n20240102T030405Z\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var made = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(text)));
        var signature = RequestSignature.Parse($"SDK-HMAC-SHA256 Access=TESTACCESSKEY, SignedHeaders=host;x-sdk-date, Signature={made}");
        Assert.NotNull(signature);
        Assert.False(signature.IsDerived);

        Assert.True(
            SignatureCheck.IsMadeWith(Secret, signature, Request("POST", "/v2/p/a%20b+", "name~=x/y&a=2&a=1", "", "vbs.example.test"))
        );
        Assert.False(
            SignatureCheck.IsMadeWith(Secret, signature, Request("POST", "/v2/p/a%20b+", "name~=x/y&a=2", "", "vbs.example.test"))
        );
    }

    [Theory]
    [InlineData("20240102T031905Z", null)]
    [InlineData("20240102T024905Z", null)]
    [InlineData("20240102T031906Z", "more than 15 minutes")]
    [InlineData("20240102T024904Z", "more than 15 minutes")]
    [InlineData("2024-01-02T03:04:05Z", "not like 20240102T030405Z")]
    public void A_request_is_good_for_fifteen_minutes_either_way(string date, string? fault)
    {
        var sent = Request("GET", "/", "", "", "h");
        var found = SignatureCheck.FindFault(
            new RequestSignature("AK", null, ["host", "x-sdk-date"], new byte[32]),
            sent with
            {
                Header = name => name == "x-sdk-date" ? date : sent.Header(name),
            },
            Now
        );
        if (fault is null)
        {
            Assert.Null(found);
        }
        else
        {
            Assert.Contains(fault, found, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Host_and_time_must_be_signed_and_a_claimed_hash_must_be_the_bodys()
    {
        var sent = Request("POST", "/", "", "body", "h");
        Assert.Contains(
            "must be signed",
            SignatureCheck.FindFault(new RequestSignature("AK", null, ["x-sdk-date"], new byte[32]), sent, Now),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "must be signed",
            SignatureCheck.FindFault(new RequestSignature("AK", null, ["host"], new byte[32]), sent, Now),
            StringComparison.Ordinal
        );
        var good = new RequestSignature("AK", null, ["host", "x-sdk-date"], new byte[32]);
        Assert.Null(
            SignatureCheck.FindFault(
                good,
                sent with
                {
                    Header = name => name == CanonicalRequest.BodyHashHeader ? CanonicalRequest.Hash("body"u8) : sent.Header(name),
                },
                Now
            )
        );
        Assert.Contains(
            "hash of the body",
            SignatureCheck.FindFault(
                good,
                sent with
                {
                    Header = name => name == CanonicalRequest.BodyHashHeader ? "UNSIGNED-PAYLOAD" : sent.Header(name),
                },
                Now
            ),
            StringComparison.Ordinal
        );
        Assert.Contains("%2F", SignatureCheck.FindFault(good, sent with { Path = "/v2/p/a%2fb" }, Now), StringComparison.Ordinal);
        Assert.Contains(
            "the day in the credential",
            SignatureCheck.FindFault(good with { Scope = "20240101///sdk_request" }, sent, Now),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("SDK-HMAC-SHA256")]
    [InlineData("SDK-HMAC-SHA256 ")]
    [InlineData("SDK-HMAC-SHA256 Access=a")]
    [InlineData("SDK-HMAC-SHA256 Access=, SignedHeaders=host, Signature=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=00")]
    [InlineData(
        "SDK-HMAC-SHA256 Access=a, SignedHeaders=host;, Signature=0000000000000000000000000000000000000000000000000000000000000000"
    )]
    [InlineData(
        "SDK-HMAC-SHA256 Access=a, Access=b, SignedHeaders=host, Signature=0000000000000000000000000000000000000000000000000000000000000000"
    )]
    [InlineData(
        "SDK-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0000000000000000000000000000000000000000000000000000000000000000"
    )]
    [InlineData(
        "SDK-HMAC-SHA256 Credential=a/20240102/r/s/other, SignedHeaders=host, "
            + "Signature=0000000000000000000000000000000000000000000000000000000000000000"
    )]
    public void What_is_no_signature_is_none(string header) => Assert.Null(RequestSignature.Parse(header));

    private static WireRequest Request(string method, string path, string query, string body, string host)
    {
        var headers = new Dictionary<string, string>
        {
            ["accept"] = "application/json",
            ["user-agent"] = "golangsdk/2.0.0",
            ["x-sdk-date"] = "20240102T030405Z",
            ["host"] = host,
            ["content-type"] = "application/json",
        };
        return new WireRequest(method, path, query, headers.GetValueOrDefault, Encoding.UTF8.GetBytes(body));
    }
}
