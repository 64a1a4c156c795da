using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Identity;

/// <summary>Who sent a request. <paramref name="Token"/> is null when it was signed.</summary>
internal sealed record Identified(Account Account, Token? Token);

/// <summary>Finds out who sent a request, by its token or its signature. What they may do is not decided here.</summary>
/// <param name="keys">Null where users belong to an external Keystone.</param>
internal sealed class Authenticator(ITokenSource tokens, AccessKeyStore? keys, IdentityAddress identity, AuditLog audit, TimeProvider clock)
{
    /// <summary>Signs as much as a real secret would, for keys that do not exist: so they cannot be told by the clock.</summary>
    private const string NobodysSecret = "nobody has this secret, which is forty long";

    /// <param name="fresh">Whether what is remembered of a token is not enough: for what changes rights, or lasts longer than they
    /// may.</param>
    /// <exception cref="ApiException">401 when it is nobody.</exception>
    public async Task<Identified> IdentifyAsync(HttpContext context, bool fresh)
    {
        try
        {
            return await IdentifyAnyAsync(context, fresh);
        }
        catch (ApiException e) when (e.Status == StatusCodes.Status401Unauthorized)
        {
            Challenge(context);
            throw;
        }
        catch (HoldfastException e) when (e.IsTransient && keys is null)
        {
            // Keystone's silence was logged when it began; the catalog's is like any other failure of it.
            throw VbsErrors.IdentityUnavailable(ApiFamilies.Of(context.Request.Path));
        }
    }

    /// <summary>Tells where tokens are got, as every 401 does.</summary>
    public void Challenge(HttpContext context) => context.Response.Headers.WWWAuthenticate = $"Keystone uri=\"{identity.Of(context)}\"";

    private async Task<Identified> IdentifyAnyAsync(HttpContext context, bool fresh)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (authorization.StartsWith(RequestSignature.Algorithm, StringComparison.Ordinal))
        {
            return new Identified(await VerifyAsync(context, authorization), Token: null);
        }

        var secret = context.Request.Headers["X-Auth-Token"].ToString();
        if (secret.Length == 0)
        {
            throw VbsErrors.NoToken(ApiFamilies.Of(context.Request.Path));
        }

        var token =
            await (fresh ? tokens.FindFreshAsync(secret, context.RequestAborted) : tokens.FindAsync(secret, context.RequestAborted))
            ?? throw VbsErrors.BadToken();
        return new Identified(token.Account, token);
    }

    private async Task<Account> VerifyAsync(HttpContext context, string authorization)
    {
        if (keys is null)
        {
            throw VbsErrors.BadSignature(
                "signed requests are not taken here: users belong to an external Keystone, keys to the embedded identity"
            );
        }

        var signature =
            RequestSignature.Parse(authorization)
            ?? throw VbsErrors.BadSignature("the header Authorization is not a signature of either form");
        try
        {
            return await VerifyAsync(context, signature, keys);
        }
        catch (ApiException e) when (e.Status == StatusCodes.Status401Unauthorized)
        {
            audit.SignatureFailed(context, signature.AccessKey, e.Message);
            throw;
        }
    }

    private async Task<Account> VerifyAsync(HttpContext context, RequestSignature signature, AccessKeyStore keys)
    {
        var request = await ReadAsync(context);
        if (SignatureCheck.FindFault(signature, request, clock.GetUtcNow()) is { } fault)
        {
            throw VbsErrors.BadSignature(fault);
        }

        var known = await keys.FindSecretAsync(signature.AccessKey, context.RequestAborted);
        return SignatureCheck.IsMadeWith(known?.Secret ?? NobodysSecret, signature, request) && known is { } found
            ? found.Account
            : throw VbsErrors.BadSignature("the signature is not right for this access key and request");
    }

    /// <summary>The request as it was signed: target and headers as they came, and the body, which is kept for whoever reads it
    /// next.</summary>
    private static async Task<WireRequest> ReadAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAllAsync(context);
        context.Request.Body = body;
        var target = (context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").Split('?', 2);
        return new WireRequest(
            context.Request.Method.ToUpperInvariant(),
            target[0],
            target.Length > 1 ? target[1] : "",
            name =>
                name == "host" ? context.Request.Host.Value
                : context.Request.Headers.TryGetValue(name, out var values) ? values.ToString()
                : null,
            body.GetBuffer().AsMemory(0, (int)body.Length)
        );
    }
}
