using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Server.Identity.Signing;

/// <summary>Makes signatures again, to compare them (contract, clients.md, sections 2.4 and 2.5).</summary>
internal static class SignatureCheck
{
    /// <summary>How far the time of a signed request may be from ours, either way.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    public const string DateHeader = "x-sdk-date";

    /// <summary>Headers without which a signature says too little: for whom and when.</summary>
    private static readonly string[] Needed = ["host", DateHeader];

    /// <summary>What is wrong with a signed request before any secret is needed, or null.</summary>
    public static string? FindFault(RequestSignature signature, WireRequest request, DateTimeOffset now)
    {
        if (!Needed.All(signature.SignedHeaders.Contains))
        {
            return "the headers host and x-sdk-date must be signed";
        }

        if (RequestSignature.ParseDate(request.Header(DateHeader)) is not { } at)
        {
            return "the header X-Sdk-Date is missing, or is not like 20240102T030405Z";
        }

        if ((now - at).Duration() > Window)
        {
            return $"the time in X-Sdk-Date is more than {Window.TotalMinutes:0} minutes from the service's; check the clock";
        }

        if (signature.Scope is { } scope && !scope.StartsWith($"{at.UtcDateTime:yyyyMMdd}/", StringComparison.Ordinal))
        {
            return "the day in the credential is not that of X-Sdk-Date";
        }

        // Signers decode a path before they sign it, so a slash inside a segment is signed like one between two.
        if (request.Path.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            return "a path with %2F cannot be signed: signed, it is the same as a slash";
        }

        // It is not used, but whoever sends it means it.
        return request.Header(CanonicalRequest.BodyHashHeader) is { } claimed && claimed != CanonicalRequest.Hash(request.Body.Span)
            ? "the header X-Sdk-Content-Sha256 is not the hash of the body"
            : null;
    }

    /// <summary>Whether the signature was made with this secret, in time that does not tell how much of it is right.</summary>
    public static bool IsMadeWith(string secret, RequestSignature signature, WireRequest request) =>
        Sign(secret, signature, request) is { } made && CryptographicOperations.FixedTimeEquals(made, signature.Signature);

    /// <summary>The signature that belongs there. Null when a signed header was not sent.</summary>
    private static byte[]? Sign(string secret, RequestSignature signature, WireRequest request)
    {
        if (CanonicalRequest.Write(signature, request) is not { } canonical)
        {
            return null;
        }

        var hash = CanonicalRequest.Hash(Encoding.UTF8.GetBytes(canonical));
        var date = request.Header(DateHeader);
        return signature.Scope is { } scope
            ? Hmac(DeriveKey(secret, scope), $"{RequestSignature.Algorithm}\n{date}\n{scope}\n{hash}")
            : Hmac(Encoding.UTF8.GetBytes(secret), $"{RequestSignature.Algorithm}\n{date}\n{hash}");
    }

    public static byte[] DeriveKey(string secret, string scope) => scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("SDK" + secret), Hmac);

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
