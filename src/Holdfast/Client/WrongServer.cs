using System.Net.Http.Headers;
using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>What to say when what answers at an address is not the service, or nothing does: the address, and what it should
/// be.</summary>
internal static class WrongServer
{
    private const string IdentityPath = "/identity/v3";

    /// <summary>Something answered a request for a token as no identity service does.</summary>
    public static VerbFailedException NoIdentity(Uri authUrl, HttpResponseMessage answer)
    {
        // A Holdfast service names its identity address with each refusal, as Keystone's middleware does.
        var named = answer
            .Headers.WwwAuthenticate.Where(challenge => challenge.Scheme == "Keystone")
            .Select(AddressIn)
            .FirstOrDefault(address => address is not null);
        var should =
            named is not null ? $"That of the service there is {named}."
            : authUrl.AbsolutePath == IdentityPath ? "It has the ending that a Holdfast service's has: is host or port another server's?"
            : $"That of a Holdfast service ends with {IdentityPath}, here {authUrl.GetLeftPart(UriPartial.Authority)}{IdentityPath}.";
        var elsewhere = answer.Headers.Location is { } location ? $", sends to {location}" : "";
        var secure =
            authUrl.Scheme == Uri.UriSchemeHttp && (int)answer.StatusCode == 400
                ? " Where the server there speaks TLS, it begins with https://."
                : "";
        return new VerbFailedException(
            $"OS_AUTH_URL is {authUrl}, and no identity service answers there (HTTP {(int)answer.StatusCode}{elsewhere}, no token). "
                + $"{should}{secure}"
        );
    }

    /// <summary>An answer that is not what the service sends.</summary>
    /// <param name="what">How it is instead.</param>
    public static VerbFailedException NotOurs(string request, string what, Exception? why = null) =>
        new($"{request} was answered with {what}. Is OS_AUTH_URL that of a Holdfast service? It ends with {IdentityPath}.", why);

    /// <summary>No HTTP answer at all.</summary>
    public static VerbFailedException NoAnswer(Uri? address, HttpRequestException why)
    {
        var server = address?.GetLeftPart(UriPartial.Authority);
        var reason = Innermost(why).TrimEnd('.');
        return why.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError => new VerbFailedException(
                $"no TLS connection with {server}: {reason}. Where the server there speaks plain HTTP, OS_AUTH_URL begins with http://; "
                    + $"else its certificate must be one that this machine trusts.",
                why
            ),
            HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded when address?.Scheme == Uri.UriSchemeHttp =>
                new VerbFailedException(
                    $"{server} answers, but not with HTTP: {reason}. Where the server there speaks TLS, OS_AUTH_URL begins with https://.",
                    why
                ),
            _ => new VerbFailedException(
                $"no answer from {server}: {reason}. Is the service running there ('holdfast serve'), and is OS_AUTH_URL right?",
                why
            ),
        };
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error.Message;
    }

    /// <summary>The address in <c>Keystone uri="…"</c>.</summary>
    private static Uri? AddressIn(AuthenticationHeaderValue challenge) =>
        challenge.Parameter?.Split('"') is [_, var text, ..] && Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : null;
}
