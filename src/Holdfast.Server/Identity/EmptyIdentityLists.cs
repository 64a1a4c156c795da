using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>What Keystone has more of, and pages are drawn from: nothing of it is here, and the lists say so.</summary>
internal sealed class EmptyIdentityLists(AccountStore accounts, IdentityDoor door) : IEndpoints
{
    private static readonly (string Path, string Member)[] Lists =
    [
        ("/groups", "groups"),
        ("/policies", "policies"),
        ("/credentials", "credentials"),
        ("/limits", "limits"),
        ("/registered_limits", "registered_limits"),
        ("/role_inferences", "role_inferences"),
        ("/auth/system", "system"),
    ];

    private static readonly (string Path, string Member)[] ListsOfUsers =
    [
        ("/users/{id}/groups", "groups"),
        ("/users/{id}/application_credentials", "application_credentials"),
        ("/users/{id}/access_rules", "access_rules"),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, member) in Lists)
        {
            door.MapRead(routes, path, (context, _) => AnswerAsync(context, path, member));
        }

        foreach (var (path, member) in ListsOfUsers)
        {
            door.MapRead(routes, path, (context, caller) => AnswerOfUserAsync(context, caller, path, member));
        }
    }

    private async Task AnswerOfUserAsync(HttpContext context, IdentityCaller caller, string path, string member)
    {
        var id = new AccountId((string?)context.GetRouteValue("id") ?? "");
        if (!caller.IsOrAdmin(id) || await accounts.FindAsync(id, context.RequestAborted) is null)
        {
            throw UserEndpoints.NoSuchUser(id.Value);
        }

        await AnswerAsync(context, path.Replace("{id}", id.Value, StringComparison.Ordinal), member);
    }

    /// <summary>The member's name differs by list, which no record can.</summary>
    private Task AnswerAsync(HttpContext context, string path, string member) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new JsonObject
            {
                [member] = new JsonArray(),
                ["links"] = LinksOf(door.AddressOf(context, path), member),
            },
            IdentityJson.Default.JsonObject
        );

    /// <summary>That of systems is no list with parts.</summary>
    private static JsonNode? LinksOf(string self, string member) =>
        member == "system"
            ? JsonSerializer.SerializeToNode(new SelfLink(self), IdentityJson.Default.SelfLink)
            : JsonSerializer.SerializeToNode(new ListLinks(self), IdentityJson.Default.ListLinks);
}
