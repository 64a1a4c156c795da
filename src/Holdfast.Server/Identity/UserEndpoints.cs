using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>Users, in Keystone's shape: admins manage them, everybody sees themselves and changes their own password.</summary>
internal sealed class UserEndpoints(
    AccountStore accounts,
    Administration administration,
    AuditLog audit,
    IdentityDoor door,
    Authenticator authenticator,
    TimeProvider clock
) : IEndpoints
{
    private const string Collection = "/users";

    public void Map(IEndpointRouteBuilder routes)
    {
        door.MapRead(routes, Collection, ListAsync, adminOnly: true);
        door.MapRead(routes, Collection + "/{id}", ShowAsync);
        door.Map(routes, "POST", Collection, CreateAsync, adminOnly: true);
        door.Map(routes, "PATCH", Collection + "/{id}", UpdateAsync, adminOnly: true);
        door.Map(routes, "DELETE", Collection + "/{id}", DeleteAsync, adminOnly: true);
        door.Map(routes, "POST", Collection + "/{id}/password", ChangePasswordAsync);
    }

    public static ApiException NoSuchUser(string id) => new(StatusCodes.Status404NotFound, "", $"there is no user '{id}'");

    public static ApiException LastAdmin() =>
        new(StatusCodes.Status409Conflict, "", "nobody would be left who can let others in: make another admin first");

    private async Task ListAsync(HttpContext context, IdentityCaller caller)
    {
        var root = door.AddressOf(context, "");
        var list = (await accounts.ListAsync(context.RequestAborted)).Select(account => UserBody.Of(account, root));
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new UsersAnswer(
                list.Filter(
                    context.Request.Query,
                    ("name", it => it.Name),
                    ("domain_id", it => it.DomainId),
                    ("enabled", it => it.Enabled),
                    // Users from elsewhere there are none of, and no password ends.
                    ("idp_id", _ => null),
                    ("protocol_id", _ => null),
                    ("unique_id", _ => null),
                    ("password_expires_at", _ => null)
                ),
                new ListLinks(root + Collection)
            ),
            IdentityJson.Default.UsersAnswer
        );
    }

    private async Task ShowAsync(HttpContext context, IdentityCaller caller)
    {
        var id = IdOf(context);
        await WriteAsync(
            context,
            StatusCodes.Status200OK,
            (caller.IsOrAdmin(id) ? await accounts.FindAsync(id, context.RequestAborted) : null) ?? throw NoSuchUser(id.Value)
        );
    }

    private async Task CreateAsync(HttpContext context, IdentityCaller caller)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var user = body.RootElement.ObjectMember("user") ?? throw Bad("'user' is missing");
        Check(user);
        var (name, password) = (ReadName(user) ?? throw Bad("'name' is missing"), ReadPassword(user, "password"));

        var wanted = new Account(
            AccountId.New(clock),
            name,
            user.SwitchMember("enabled") ?? true,
            NullIfEmpty(IdentityWire.ReadDescription(user, "email")),
            NullIfEmpty(IdentityWire.ReadDescription(user, "description"))
        )
        {
            DefaultProject = ReadDefaultProject(user) is { Length: > 0 } id ? new ProjectId(id) : null,
            Attributes = FreeOf(user) ?? "{}",
        };

        // Without a password the user cannot log in until an admin gives one.
        var account =
            await accounts.CreateAsync(wanted, password ?? RandomNumberGenerator.GetHexString(64), context.RequestAborted)
            ?? throw Taken(name);
        audit.Changed(context, caller.Account, $"made {Named(account)}{(account.Enabled ? "" : ", disabled")}");
        await WriteAsync(context, StatusCodes.Status201Created, account);
    }

    private async Task UpdateAsync(HttpContext context, IdentityCaller caller)
    {
        var id = IdOf(context);
        var before = await accounts.FindAsync(id, context.RequestAborted) ?? throw NoSuchUser(id.Value);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var user = body.RootElement.ObjectMember("user") ?? throw Bad("'user' is missing");
        if (!user.EnumerateObject().Any())
        {
            throw Bad("'user' holds nothing to change");
        }

        Check(user);
        var change = new UserChange
        {
            DefaultProject = ReadDefaultProject(user),
            Attributes = FreeOf(user),
            Name = ReadName(user),
            Enabled = user.SwitchMember("enabled"),
            Password = ReadPassword(user, "password"),
            Email = IdentityWire.ReadDescription(user, "email"),
            Description = IdentityWire.ReadDescription(user, "description"),
        };
        Check(await administration.UpdateUserAsync(id, change, context.RequestAborted), id, change.Name);
        audit.Changed(
            context,
            caller.Account,
            $"changed {Named(before)}:{IdentityWire.ChangesOf(change.Name, change.Enabled)}"
                + (change.Password is null ? "" : " password")
                + (change.Email is null ? "" : " email")
                + (change.Description is null ? "" : " description")
        );
        await WriteAsync(
            context,
            StatusCodes.Status200OK,
            await accounts.FindAsync(id, context.RequestAborted) ?? throw NoSuchUser(id.Value)
        );
    }

    private async Task DeleteAsync(HttpContext context, IdentityCaller caller)
    {
        var id = IdOf(context);
        var before = await accounts.FindAsync(id, context.RequestAborted);
        Check(await administration.RemoveUserAsync(id, context.RequestAborted), id, null);
        audit.Changed(context, caller.Account, $"deleted {AuditLog.Of("user", before?.Name ?? "", id.Value)}");
        await JsonAnswer.NoContent(context);
    }

    /// <summary>One's own, or anybody's by an admin, by who knows the old one. It ends all of the user's tokens.</summary>
    private async Task ChangePasswordAsync(HttpContext context, IdentityCaller caller)
    {
        var id = IdOf(context);
        if (!caller.IsOrAdmin(id) || await accounts.FindAsync(id, context.RequestAborted) is null)
        {
            throw NoSuchUser(id.Value);
        }

        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var user = body.RootElement.ObjectMember("user") ?? throw Bad("'user' is missing");
        var password = ReadPassword(user, "password") ?? throw Bad("'password' is missing");
        var verified = await accounts.VerifyPasswordAsync(
            null,
            id,
            user.TextMember("original_password") ?? "",
            RemoteAddress.NetworkOf(context),
            context.RequestAborted
        );
        if (verified is null)
        {
            audit.LoginFailed(context, id.Value);
            authenticator.Challenge(context);
            throw WrongPassword();
        }

        Check(
            await administration.UpdateUserAsync(id, new UserChange { Password = password, OnlyIf = verified }, context.RequestAborted),
            id,
            null
        );
        audit.Changed(context, caller.Account, $"changed the password of {Named(verified.Account)}, knowing the old one");
        await JsonAnswer.NoContent(context);
    }

    private static ApiException WrongPassword() => new(StatusCodes.Status401Unauthorized, "", "'original_password' is not right");

    private static string Named(Account account) => AuditLog.Of("user", account.Name, account.Id.Value);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static void Check(AdministrationOutcome outcome, AccountId id, string? name)
    {
        if (outcome != AdministrationOutcome.Done)
        {
            throw outcome switch
            {
                AdministrationOutcome.NameTaken => Taken(name ?? ""),
                AdministrationOutcome.LastAdmin => LastAdmin(),
                AdministrationOutcome.PasswordChanged => WrongPassword(),
                _ => NoSuchUser(id.Value),
            };
        }
    }

    private Task WriteAsync(HttpContext context, int status, Account account) =>
        JsonAnswer.WriteAsync(
            context,
            status,
            new UserAnswer(UserBody.Of(account, door.AddressOf(context, ""))),
            IdentityJson.Default.UserAnswer
        );

    private static AccountId IdOf(HttpContext context) => new((string?)context.GetRouteValue("id") ?? "");

    private static string? ReadName(JsonElement user) =>
        user.TextMember("name") is not { } name ? null
        : NameRule.TroubleOf(name, NameRule.MaxUserLength) is { } trouble ? throw Bad(trouble)
        : name;

    private static readonly string[] Known =
    [
        "id",
        "name",
        "domain_id",
        "enabled",
        "password",
        "original_password",
        "email",
        "description",
        "default_project_id",
        "links",
    ];

    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["password_expires_at"] = "cannot be set: passwords do not expire here",
        ["federated"] = "cannot be set: users are not taken from other identity providers here; give 'password'",
    };

    private static void Check(JsonElement user)
    {
        MemberReader.CheckDomain(user);
        MemberReader.CheckUserOptions(user);
    }

    private static string? FreeOf(JsonElement user) => MemberReader.ReadFree(user, Known, Refused);

    /// <summary>Empty for null; null when it is not in the request. As with Keystone it need not be there.</summary>
    private static string? ReadDefaultProject(JsonElement user) =>
        IdentityWire.ReadDescription(user, "default_project_id") switch
        {
            ServiceCatalog.DomainId => throw Bad(
                $"'default_project_id' is the id of a project, not of the domain '{ServiceCatalog.DomainId}'"
            ),
            var id => id,
        };

    private static string? ReadPassword(JsonElement user, string member) =>
        user.TextMember(member) is not { } password ? null
        : NameRule.PasswordTroubleOf(password) is { } trouble ? throw Bad(trouble)
        : password;

    private static ApiException Taken(string name) => new(StatusCodes.Status409Conflict, "", $"there is a user '{name}' already");

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);
}
