using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>
/// A request for a token (contract, clients.md, section 2.2): who asks, how they show it, and for what. There is one domain; wherever a
/// request may name one it may be left out.
/// </summary>
/// <param name="Token">The token that is shown, or null when <paramref name="Password"/> is.</param>
internal sealed record TokenRequest(string? UserName, AccountId? UserId, string? Password, string? Token, TokenScope Scope)
{
    public static TokenRequest Read(JsonElement body)
    {
        var auth = body.ObjectMember("auth") ?? throw Bad("'auth' is missing");
        var identity = auth.ObjectMember("identity") ?? throw Bad("'identity' is missing");
        var methods =
            identity
                .ArrayMember("methods")
                ?.Select(method =>
                    method.ValueKind == JsonValueKind.String
                        ? RequestBody.TextOf(method, "methods")
                        : throw Bad("'methods' is not an array of strings")
                )
                .ToList()
            ?? [];
        var scope = ReadScope(auth);
        switch (methods)
        {
            case ["password"]:
                var user = identity.ObjectMember("password")?.ObjectMember("user") ?? throw Bad("'password.user' is missing");
                var (name, id) = (user.TextMember("name"), user.TextMember("id"));
                if (name is null && id is null)
                {
                    throw Bad("'user' has neither 'name' nor 'id'");
                }

                CheckDomain(user.ObjectMember("domain"));
                return new TokenRequest(
                    name,
                    id is null ? null : new AccountId(id),
                    user.TextMember("password") ?? throw Unauthorized("'password' is missing"),
                    null,
                    scope
                );
            case ["token"]:
                return new TokenRequest(
                    null,
                    null,
                    null,
                    identity.ObjectMember("token")?.TextMember("id") ?? throw Bad("'token.id' is missing"),
                    scope
                );
            case []:
                throw Unauthorized("'methods' is missing or empty");
            default:
                // As Keystone answers for a method that it does not have: clients then ask for another.
                throw Unauthorized(
                    $"the methods here are [\"password\"] and [\"token\"], one at a time, not "
                        + $"[{string.Join(", ", methods.Take(5).Select(method => $"\"{method}\""))}]"
                );
        }
    }

    public static ApiException Unauthorized() => Unauthorized("user, password, domain, project or token is not right");

    private static ApiException Unauthorized(string message) => new(StatusCodes.Status401Unauthorized, "", message);

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);

    private static TokenScope ReadScope(JsonElement auth)
    {
        if (auth.Member("scope") is not { } member)
        {
            return new TokenScope.OwnDefault();
        }

        if (member.ValueKind == JsonValueKind.String && RequestBody.TextOf(member, "scope") == "unscoped")
        {
            return new TokenScope.None();
        }

        var scope = auth.ObjectMember("scope") ?? throw Bad("'scope' is not an object");
        if (scope.ObjectMember("project") is { } project)
        {
            var (id, name) = (project.TextMember("id"), project.TextMember("name"));
            if (id is null && name is null)
            {
                throw Bad("'project' has neither 'id' nor 'name'");
            }

            CheckDomain(project.ObjectMember("domain"));
            return new TokenScope.Project(id is null ? null : new ProjectId(id), name);
        }

        if (scope.ObjectMember("domain") is { } domain)
        {
            CheckDomain(domain);
            return new TokenScope.Domain();
        }

        return scope.Member("system") is null
            ? new TokenScope.None()
            : throw new ApiException(
                StatusCodes.Status401Unauthorized,
                "",
                "there is no system scope here; ask for a project or the domain"
            );
    }

    private static void CheckDomain(JsonElement? domain)
    {
        if (
            domain is { } given
            && (
                (given.TextMember("id") is { } id && id != ServiceCatalog.DomainId)
                || (given.TextMember("name") is { } name && !name.Equals(ServiceCatalog.DomainName, StringComparison.OrdinalIgnoreCase))
            )
        )
        {
            throw Unauthorized();
        }
    }
}
