using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What block storage services have, clients ask for on their way, and is not here: lists of it are empty, none is found by an id,
/// and to make one is refused with what to do instead. The kinds are <see cref="AbsentKind.All"/>.</summary>
internal sealed class AbsentEndpoints(VolumeStore volumes) : IEndpoints
{
    /// <summary>What every list takes beside its filters.</summary>
    private static readonly string[] OfEveryList =
    [
        "limit",
        "marker",
        "offset",
        "sort",
        "sort_key",
        "sort_dir",
        "all_tenants",
        "project_id",
        "tenant_id",
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var kind in AbsentKind.All)
        {
            foreach (var version in kind.Least > 0 ? (string[])["v3"] : ["v2", "v3"])
            {
                Map(routes, kind, $"/{version}/{{project}}/{kind.Path}");
            }
        }
    }

    /// <summary>Described are the lists alone: the document tells what can be had, and the rest refuses whatever is sent.</summary>
    private void Map(IEndpointRouteBuilder routes, AbsentKind kind, string path)
    {
        List<IEndpointConventionBuilder> reading = [routes.MapGet(path, context => ListAsync(context, kind))];
        List<IEndpointConventionBuilder> making = [];
        if (kind.HasDetail)
        {
            reading.Add(routes.MapGet($"{path}/detail", context => ListAsync(context, kind)));
        }

        if (kind.HasItems)
        {
            reading.Add(routes.MapGet($"{path}/{{id}}", context => NotFoundAsync(context, kind)).ExcludeFromDescription());
        }

        if (kind.HasDelete)
        {
            making.Add(routes.MapDelete($"{path}/{{id}}", context => NotFoundAsync(context, kind)).ExcludeFromDescription());
        }

        if (kind.Instead is { } instead)
        {
            making.Add(routes.MapPost(path, context => RefuseAsync(context, kind, instead)).ExcludeFromDescription());
        }

        foreach (var endpoint in (kind.IsForAdmins ? reading : []).Concat(kind.IsMadeByAdmins ? making : []))
        {
            endpoint.Needs(Role.Admin);
        }
    }

    private static MicroVersion Checked(HttpContext context, AbsentKind kind) => MicroVersion.From(context, kind.Least, kind.Path);

    private static ApiException NoSuch(AbsentKind kind, string id) =>
        VbsErrors.Native(
            StatusCodes.Status404NotFound,
            kind.NotFound.Replace("{0}", RequestMembers.Shortened(id), StringComparison.Ordinal)
        );

    private static Task NotFoundAsync(HttpContext context, AbsentKind kind)
    {
        _ = Checked(context, kind);
        throw NoSuch(kind, (string?)context.GetRouteValue("id") ?? "");
    }

    private static Task ListAsync(HttpContext context, AbsentKind kind)
    {
        var (version, parameters) = (Checked(context, kind), context.Request.Query);
        var query = ListQuery.Read(parameters);
        CheckFilters(context, kind, version);
        foreach (var (key, _) in kind.SortKeys is null ? [] : query.Sort)
        {
            if (kind.SortKeys?.Contains(key, StringComparer.Ordinal) is false)
            {
                throw ListQuery.Bad(
                    $"{kind.Path} are not sorted by '{RequestMembers.Shortened(key)}'; there are {string.Join(", ", kind.SortKeys)}"
                );
            }
        }

        if (query.Marker is { } marker)
        {
            throw NoSuch(kind, marker);
        }

        var answer = new JsonObject { [kind.Member] = new JsonArray() };
        if (kind.HasCount && version.HasCount && ListQuery.ReadSwitch(parameters, "with_count"))
        {
            answer["count"] = 0;
        }

        return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, answer, OpenStackListsJson.Default.JsonObject);
    }

    /// <summary>From 3.31 on a filter that a list has not is refused, but to admins.</summary>
    private static void CheckFilters(HttpContext context, AbsentKind kind, MicroVersion version)
    {
        if (kind.Filters is not { } filters || !version.HasPartFilters || context.Caller().IsAdmin)
        {
            return;
        }

        var unknown = context
            .Request.Query.Where(parameter => parameter.Value.Any(value => !string.IsNullOrEmpty(value)))
            .Select(parameter => parameter.Key)
            .Except([.. OfEveryList, .. filters, .. kind.HasCount && version.HasCount ? ["with_count"] : Array.Empty<string>()])
            .Select(RequestMembers.Shortened)
            .ToList();
        if (unknown.Count > 0)
        {
            throw ListQuery.Bad($"{kind.Path} have no filter {string.Join(", ", unknown)}; there are {string.Join(", ", filters)}");
        }
    }

    private async Task RefuseAsync(HttpContext context, AbsentKind kind, string instead)
    {
        _ = Checked(context, kind);
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var given = body.RootElement.ReadHolder(kind.Single);
        if (kind.Volume is { } member)
        {
            given.RefuseOthers(kind.Single, [member, .. kind.Beside]);
            await CheckVolumeAsync(context, given, member);
        }

        throw RequestMembers.Bad($"there are no {kind.Path} here, so '{kind.Single}' makes none; {instead}");
    }

    /// <summary>Null is a volume that is not there; as good as any other that is unknown.</summary>
    private async Task CheckVolumeAsync(HttpContext context, JsonElement given, string member)
    {
        if (!given.TryGetProperty(member, out var value))
        {
            throw RequestMembers.Bad($"'{member}' is missing");
        }

        var text = value.ValueKind == JsonValueKind.Null ? "None" : given.TextMember(member) ?? "";
        var id = VolumeId.TryParse(text, null, out var parsed) ? parsed : (VolumeId?)null;
        if (id is null && value.ValueKind != JsonValueKind.Null)
        {
            throw RequestMembers.Bad($"'{member}' is the UUID of a volume, not '{RequestMembers.Shortened(text)}'");
        }

        if (id is not { } known || await volumes.FindAsync(context.Caller().Project, known, context.RequestAborted) is null)
        {
            throw VolumeEndpoints.NoSuchVolume(text);
        }
    }
}
