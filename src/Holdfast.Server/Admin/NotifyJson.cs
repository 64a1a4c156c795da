using System.Text.Json.Serialization;
using Holdfast.Server.Http;

namespace Holdfast.Server.Admin;

/// <summary>How the answers about notifications are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(NativeTimeConverter)])]
[JsonSerializable(typeof(TargetListAnswer))]
[JsonSerializable(typeof(TargetEnvelope))]
[JsonSerializable(typeof(MadeTargetEnvelope))]
[JsonSerializable(typeof(TestAnswer))]
[JsonSerializable(typeof(RuleListAnswer))]
[JsonSerializable(typeof(RuleEnvelope))]
[JsonSerializable(typeof(DeliveryListAnswer))]
internal sealed partial class NotifyJson : JsonSerializerContext;

internal sealed record TargetListAnswer(IReadOnlyList<TargetAnswer> Targets);

internal sealed record TargetEnvelope(TargetAnswer Target);

/// <param name="Secret">What messages are signed with, where it was made up: told this once. Else null.</param>
internal sealed record MadeTargetEnvelope(TargetAnswer Target, string? Secret);

/// <param name="Kind"><c>webhook</c> or <c>email</c>.</param>
/// <param name="Url">Of a webhook; else null.</param>
/// <param name="Recipients">Of mail; else null.</param>
internal sealed record TargetAnswer(
    string Id,
    string Name,
    string Kind,
    string? Url,
    IReadOnlyList<string>? Recipients,
    DateTimeOffset CreatedAt
);

/// <param name="Status">Of HTTP or SMTP; null where nothing was answered.</param>
/// <param name="Answer">What was answered, or what went wrong.</param>
internal sealed record TestAnswer(bool Delivered, int? Status, string Answer);

internal sealed record RuleListAnswer(IReadOnlyList<RuleAnswer> Rules);

internal sealed record RuleEnvelope(RuleAnswer Rule);

/// <param name="Events">Null for the usual ones.</param>
internal sealed record RuleAnswer(
    string Id,
    string TargetId,
    IReadOnlyList<string>? Events,
    string LeastSeverity,
    DateTimeOffset CreatedAt
);

internal sealed record DeliveryListAnswer(IReadOnlyList<DeliveryAnswer> Deliveries);

/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>given_up</c>.</param>
internal sealed record DeliveryAnswer(
    string Id,
    string TargetId,
    string TargetName,
    string Event,
    string Severity,
    string What,
    string State,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextTryAt,
    DateTimeOffset? EndedAt,
    int? LastStatus,
    string? LastAnswer
);
