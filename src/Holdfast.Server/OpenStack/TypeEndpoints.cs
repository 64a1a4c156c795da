using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Volume types and availability zones: names that volumes carry and that mean nothing to the service. Listed are the service's
/// own, those that the cloud has, and those that volumes of the project have. See
/// docs/decisions/0015-what-native-requests-ask-for.md.</summary>
internal sealed class TypeEndpoints(VolumeStore volumes, PublicAddress address) : IEndpoints
{
    /// <summary>The name space of the ids of types, a UUID that was drawn once.</summary>
    private static readonly Guid Space = new("5b0cbe8f-6cf3-4a3c-9a4e-0f7c1f2a8d61");

    /// <summary>What is there though no volume has it.</summary>
    private static readonly string[] Always = [VolumeWire.DefaultType, "SAS", "SATA", "SSD"];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/types", ListAsync);
            routes.MapGet($"/{version}/{{project}}/types/{{type}}", ShowAsync);
            routes.MapGet($"/{version}/{{project}}/types/{{type}}/extra_specs", ShowSpecsAsync);
            routes
                .MapGet($"/{version}/{{project}}/types/{{type}}/encryption", ShowEncryptionAsync)
                .Needs(Role.Admin)
                .ExcludeFromDescription();
            routes.MapGet($"/{version}/{{project}}/os-availability-zone", ZonesAsync);
        }
    }

    /// <summary>The id of a type: made of its name alone (UUID version 5), so it is the same on every day and every service.</summary>
    public static string IdOf(string name)
    {
        Span<byte> hashed = stackalloc byte[SHA1.HashSizeInBytes];
        byte[] text = [.. Space.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(name)];
#pragma warning disable CA5350 // what version 5 is; it guards nothing
        SHA1.HashData(text, hashed);
#pragma warning restore CA5350
        hashed[6] = (byte)((hashed[6] & 0x0F) | 0x50);
        hashed[8] = (byte)((hashed[8] & 0x3F) | 0x80);
        return new Guid(hashed[..16], bigEndian: true).ToString();
    }

    /// <summary>The type that a request means by a name, or by the id of one that is listed.</summary>
    /// <param name="inUse">Types of the project's volumes.</param>
    /// <returns>Null for what is spelled like an id and is none's.</returns>
    public static string? NameOf(string nameOrId, IEnumerable<string?> inUse) =>
        Guid.TryParse(nameOrId, out var id) ? Names(inUse).FirstOrDefault(name => IdOf(name) == id.ToString()) : nameOrId;

    private static IEnumerable<string> Names(IEnumerable<string?> inUse) =>
        Always.Concat(inUse.OfType<string>().Order(StringComparer.Ordinal)).Distinct(StringComparer.Ordinal);

    private static TypeAnswer AnswerOf(string name, bool isAdmin) =>
        new()
        {
            Id = IdOf(name),
            Name = name,
            Description = name == VolumeWire.DefaultType ? "Default Volume Type" : null,
            QosSpecsId = isAdmin ? new(null) : default,
        };

    private static ApiException NoSuchType(string id) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"Volume type {id} could not be found.");

    private async Task ListAsync(HttpContext context)
    {
        var query = ListQuery.Read(context.Request.Query);
        var (isAdmin, wanted) = (context.Caller().IsAdmin, ListQuery.ReadText(context.Request.Query, "is_public"));
        var isNone = isAdmin && wanted is not null && !wanted.Equals("None", StringComparison.OrdinalIgnoreCase)
            && !ListQuery.ReadSwitch(context.Request.Query, "is_public");
        var all = isNone ? [] : (await NamesAsync(context)).Select(name => AnswerOf(name, isAdmin)).ToList();
        var start = query.Marker is { } marker ? PlaceOf(all, marker) + 1 : 0;
        var page = all.Skip(start).Skip((int)Math.Min(query.Offset, int.MaxValue)).Take(query.Limit).ToList();
        var next = query.IsFull(page.Count, count: null) ? query.NextLink(context, address.Of(context), page[^1].Id) : null;
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new TypeListAnswer(page) { VolumeTypeLinks = LinkAnswer.Next(next) },
            OpenStackJson.Default.TypeListAnswer
        );
    }

    private static int PlaceOf(List<TypeAnswer> all, string marker) =>
        all.FindIndex(type => type.Id == marker) is >= 0 and var place ? place : throw NoSuchType(marker);

    private async Task ShowAsync(HttpContext context)
    {
        var answer = AnswerOf(await FindAsync(context), context.Caller().IsAdmin);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new TypeEnvelope((string?)context.GetRouteValue("type") == "default" ? answer with { IsAccessible = null } : answer),
            OpenStackJson.Default.TypeEnvelope
        );
    }

    private async Task ShowSpecsAsync(HttpContext context)
    {
        _ = await FindAsync(context);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ExtraSpecsAnswer(new Dictionary<string, string>()),
            OpenStackJson.Default.ExtraSpecsAnswer
        );
    }

    /// <summary>What a type says of encryption: nothing, which has no members. Every backup is encrypted by the repository.</summary>
    private async Task ShowEncryptionAsync(HttpContext context)
    {
        _ = await FindAsync(context);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            0,
            static (json, _) =>
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }
        );
    }

    private async Task<string> FindAsync(HttpContext context)
    {
        var id = (string?)context.GetRouteValue("type") ?? "";
        return id == "default"
            ? VolumeWire.DefaultType
            : (await NamesAsync(context)).FirstOrDefault(name => IdOf(name) == id) ?? throw NoSuchType(id);
    }

    private async Task<IEnumerable<string>> NamesAsync(HttpContext context) =>
        Names((await volumes.ListAsync(context.Caller().Project, context.RequestAborted)).Select(volume => volume.Type));

    private async Task ZonesAsync(HttpContext context)
    {
        var known = await volumes.ListAsync(context.Caller().Project, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ZoneListAnswer([
                .. known.Select(volume => volume.Zone)
                    .OfType<string>()
                    .Order(StringComparer.Ordinal)
                    .Prepend(VolumeWire.Zone)
                    .Distinct(StringComparer.Ordinal)
                    .Select(zone => new ZoneAnswer(zone, new(Available: true))),
            ]),
            OpenStackJson.Default.ZoneListAnswer
        );
    }
}

internal sealed record TypeAnswer
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public bool IsPublic { get; init; } = true;

    public string? Description { get; init; }

    public IReadOnlyDictionary<string, string> ExtraSpecs { get; init; } = new Dictionary<string, string>();

    /// <summary>For admins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> QosSpecsId { get; init; }

    /// <summary>Not where the default type is asked for by the word.</summary>
    [JsonPropertyName("os-volume-type-access:is_public")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsAccessible { get; init; } = true;
}

internal sealed record TypeEnvelope(TypeAnswer VolumeType);

internal sealed record TypeListAnswer(IReadOnlyList<TypeAnswer> VolumeTypes)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LinkAnswer>? VolumeTypeLinks { get; init; }
}

internal sealed record ExtraSpecsAnswer(IReadOnlyDictionary<string, string> ExtraSpecs);

internal sealed record ZoneListAnswer([property: JsonPropertyName("availabilityZoneInfo")] IReadOnlyList<ZoneAnswer> Zones);

internal sealed record ZoneAnswer(
    [property: JsonPropertyName("zoneName")] string Name,
    [property: JsonPropertyName("zoneState")] ZoneStateAnswer State
);

internal sealed record ZoneStateAnswer(bool Available);
