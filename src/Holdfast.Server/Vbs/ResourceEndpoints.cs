using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Policies;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>Which volumes a policy has: contract sections 3.7 and 3.8. Partial success is a success: each volume has its own
/// answer.</summary>
internal sealed class ResourceEndpoints(PolicyVolumes volumes, PolicyStore policies) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        const string Root = "/v2/{project}/backuppolicyresources";
        routes.MapPost(Root, AssociateAsync);
        routes.MapPost(Root + "/{policy}/deleted_resources", DisassociateAsync);
    }

    private async Task AssociateAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var (text, resources) = (body.RootElement.TextMember("backup_policy_id"), ReadResources(body.RootElement, typed: true));
        text = string.IsNullOrEmpty(text) ? throw VbsErrors.NoPolicyId() : text;
        var ids = CheckResources(resources, typed: true);
        var policy = PolicyId.TryParse(text, null, out var id) ? id : throw VbsErrors.NoSuchPolicy(text);
        await AnswerAsync(
            context,
            policy,
            await volumes.AssociateAsync(context.Caller().Project, policy, ids, context.RequestAborted),
            typed: true
        );
    }

    private async Task DisassociateAsync(HttpContext context)
    {
        var policy = PolicyEndpoints.PolicyOf(context, VbsErrors.NoSuchPolicy);
        _ =
            await policies.FindAsync(context.Caller().Project, policy, context.RequestAborted)
            ?? throw VbsErrors.NoSuchPolicy(policy.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.EmptyRequest);
        var ids = CheckResources(ReadResources(body.RootElement, typed: false), typed: false);
        await AnswerAsync(
            context,
            policy,
            await volumes.DisassociateAsync(context.Caller().Project, policy, ids, context.RequestAborted),
            typed: false
        );
    }

    /// <summary>Refuses what is of a wrong type.</summary>
    /// <param name="typed">Whether elements say what they are; else clients send it all the same, and it is passed over.</param>
    private static List<(string? Id, string? Type)> ReadResources(JsonElement body, bool typed) =>
        [
            .. (body.ArrayMember("resources") ?? []).Select(resource =>
                resource.ValueKind == JsonValueKind.Object
                    ? (resource.TextMember("resource_id"), typed ? resource.TextMember("resource_type") : null)
                    : throw VbsErrors.Malformed("an element of 'resources' is not an object")
            ),
        ];

    private static List<string> CheckResources(List<(string? Id, string? Type)> resources, bool typed)
    {
        if (resources.Count == 0)
        {
            throw VbsErrors.NoResources();
        }

        // A volume that is named twice, however it is spelled, is answered once.
        var ids = resources
            .Select(resource => string.IsNullOrEmpty(resource.Id) ? throw VbsErrors.NoResourceId() : resource.Id)
            .DistinctBy(id => VolumeId.TryParse(id, null, out var volume) ? volume.ToString() : id)
            .ToList();
        return typed && resources.Find(resource => resource.Type != "volume") is { Id: not null, Type: var other }
            ? throw VbsErrors.ResourceType(other ?? "")
            : ids;
    }

    private static Task AnswerAsync(HttpContext context, PolicyId policy, AssociateOutcome outcome, bool typed) =>
        outcome switch
        {
            AssociateOutcome.Answered answered => JsonAnswer.WriteAsync(
                context,
                StatusCodes.Status200OK,
                (answered.Volumes, typed),
                static (json, answer) => Write(json, answer.Volumes, answer.typed)
            ),
            AssociateOutcome.TooManyVolumes many => throw VbsErrors.TooManyVolumes(many.Limit),
            _ => throw VbsErrors.NoSuchPolicy(policy.ToString()),
        };

    /// <summary>Both arrays always; a failure always has a code and a success never: clients tell them apart by it.</summary>
    private static void Write(Utf8JsonWriter json, IReadOnlyList<VolumeAssociation> volumes, bool typed)
    {
        json.WriteStartObject();
        json.WriteStartArray("success_resources");
        foreach (var volume in volumes.Where(volume => volume.Result == AssociationResult.Done))
        {
            WriteResource(json, volume, typed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("fail_resources");
        foreach (var volume in volumes.Where(volume => volume.Result != AssociationResult.Done))
        {
            var (code, message) = VbsErrors.OfResource(volume);
            WriteResource(json, volume, typed);
            json.WriteString("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, VolumeAssociation volume, bool typed)
    {
        json.WriteStartObject();
        json.WriteString("resource_id", volume.Id);
        if (typed)
        {
            json.WriteString("resource_type", "volume");
            if (volume.Result != AssociationResult.NoSuchVolume)
            {
                var zone = volume.Zone ?? OpenStack.VolumeWire.Zone;
                json.WriteString("availability_zone", zone);
                json.WriteString("os_vol_host_attr", $"{OpenStack.VolumeWire.Host}.{zone}");
            }
        }
    }
}
