using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>Access keys, in the shape of the cloud's own identity service. Everybody has their own; an admin has everybody's.</summary>
internal sealed class AccessKeyEndpoints(AccountStore accounts, AccessKeyStore keys, AuditLog audit, IdentityDoor door) : IEndpoints
{
    private const int MaxDescription = 255;

    /// <summary>The cloud's path has another version before it than Keystone's have.</summary>
    private const string Collection = ".0/OS-CREDENTIAL/credentials";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Map(routes, "POST", Collection, CreateAsync);
        door.MapRead(routes, Collection, ListAsync);
        door.MapRead(routes, Collection + "/{access}", ShowAsync);
        door.Map(routes, "DELETE", Collection + "/{access}", RevokeAsync);
    }

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);

    private static ApiException NoSuchKey(string id) => new(StatusCodes.Status404NotFound, "", $"there is no access key '{id}'");

    private async Task CreateAsync(HttpContext context, IdentityCaller caller)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var credential = body.RootElement.ObjectMember("credential") ?? throw Bad("'credential' is missing");
        var account = await FindOwnerAsync(credential.TextMember("user_id"), caller, context.RequestAborted);
        var description = credential.TextMember("description");
        if (description?.Length > MaxDescription)
        {
            throw Bad($"'description' has at most {MaxDescription} characters");
        }

        var (key, secret) =
            await keys.CreateAsync(account.Id, description, context.RequestAborted)
            ?? throw Bad($"user '{account.Name}' has {AccessKeyStore.MostOfAccount} access keys, as many as they may; revoke one first");
        audit.Changed(context, caller.Account, $"made access key {key.Id} of {AuditLog.Of("user", account.Name, account.Id.Value)}");
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status201Created,
            new AccessKeyEnvelope(Of(key, account.Name) with { Secret = secret }),
            IdentityJson.Default.AccessKeyEnvelope
        );
    }

    private async Task ListAsync(HttpContext context, IdentityCaller caller)
    {
        var account = await FindOwnerAsync(ListQuery.ReadText(context.Request.Query, "user_id"), caller, context.RequestAborted);
        var list = await keys.ListAsync(account.Id, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new AccessKeyListAnswer([.. list.Select(key => Of(key, account.Name))], new(door.AddressOf(context, Collection))),
            IdentityJson.Default.AccessKeyListAnswer
        );
    }

    private async Task ShowAsync(HttpContext context, IdentityCaller caller)
    {
        var key = await FindAsync(context, caller);
        var owner = await accounts.FindAsync(key.Account, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new AccessKeyEnvelope(Of(key, owner?.Name)),
            IdentityJson.Default.AccessKeyEnvelope
        );
    }

    private async Task RevokeAsync(HttpContext context, IdentityCaller caller)
    {
        var key = await FindAsync(context, caller);
        if (await keys.RemoveAsync(key.Id, context.RequestAborted))
        {
            audit.Changed(context, caller.Account, $"revoked access key {key.Id} of user {key.Account}");
        }

        await JsonAnswer.NoContent(context);
    }

    private async Task<AccessKey> FindAsync(HttpContext context, IdentityCaller caller)
    {
        var id = (string?)context.GetRouteValue("access") ?? "";
        return await keys.FindAsync(id, context.RequestAborted) is { } key && caller.IsOrAdmin(key.Account) ? key : throw NoSuchKey(id);
    }

    private async Task<Account> FindOwnerAsync(string? id, IdentityCaller caller, CancellationToken cancel)
    {
        var owner = string.IsNullOrEmpty(id) ? caller.Account.Id : new AccountId(id);
        return caller.IsOrAdmin(owner) && await accounts.FindAsync(owner, cancel) is { } account
            ? account
            : throw UserEndpoints.NoSuchUser(owner.Value);
    }

    private static AccessKeyAnswer Of(AccessKey key, string? user) =>
        new(key.Id, key.Account.Value, user, key.Description, key.CreatedAt);
}
