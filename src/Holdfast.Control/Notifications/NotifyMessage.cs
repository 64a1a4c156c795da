using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Control.Protection;

namespace Holdfast.Control.Notifications;

/// <summary>What is told: the body of a webhook, and what mail is written from. docs/howto/be-told.md tells its members.</summary>
internal sealed record NotifyMessage
{
    /// <summary>As <see cref="NotifyNames"/> spells it; so is <see cref="Severity"/>.</summary>
    public required string Event { get; init; }

    public required string Severity { get; init; }

    public required MessageProject Project { get; init; }

    public MessageVolume? Volume { get; init; }

    /// <summary>A sentence, or a few.</summary>
    public required string What { get; init; }

    /// <summary>When it began, as far as that is known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The volume's newest good backup.</summary>
    public MessageBackup? LastGood { get; init; }

    public string? Why { get; init; }

    /// <summary>A command line that helps, or shows more.</summary>
    public string? Do { get; init; }

    public string? Link { get; init; }

    /// <summary>How often in a row.</summary>
    public long Times { get; init; } = 1;

    /// <summary>When the message was made.</summary>
    public required DateTimeOffset At { get; init; }

    public MessageDigest? Digest { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, MessageJson.Default.NotifyMessage);

    public static NotifyMessage FromJson(string json) =>
        JsonSerializer.Deserialize(json, MessageJson.Default.NotifyMessage)
        ?? throw new JsonException("A stored message is null.");
}

internal sealed record MessageProject(string Id, string Name);

internal sealed record MessageVolume(string Id, string Name);

internal sealed record MessageBackup(string Id, DateTimeOffset BeganAt);

/// <param name="Volumes">How many there are and how they are, also where all is well.</param>
/// <param name="Open">What is wrong, the gravest first; at most <see cref="Digests.MostOpen"/>.</param>
/// <param name="OpenTotal">How much is wrong.</param>
/// <param name="GivenUp">Messages that were given up since the last digest.</param>
internal sealed record MessageDigest(ProtectionCounts Volumes, IReadOnlyList<MessageOpen> Open, int OpenTotal, long GivenUp);

/// <param name="Text">With how often it was so.</param>
internal sealed record MessageOpen(string Event, string Severity, string? VolumeId, string Text, DateTimeOffset Since, long Times);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NotifyMessage))]
internal sealed partial class MessageJson : JsonSerializerContext;
