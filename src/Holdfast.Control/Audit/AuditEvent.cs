using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Audit;

/// <summary>What a row of the audit log tells. The numbers are stored, and hashed.</summary>
public enum AuditKind
{
    /// <summary>That somebody was about to change something. Without an end nobody knows whether it was changed.</summary>
    Begun = 1,

    /// <summary>What came of it.</summary>
    Ended = 2,

    /// <summary>Both at once: it is over, or was refused before it began.</summary>
    Done = 3,
}

/// <summary>Something that happened and is to be remembered. No secret is in it: nothing of a request's body is.</summary>
public sealed record AuditEvent
{
    /// <summary>The name of the actor where the service does something by itself.</summary>
    public const string Service = "service";

    /// <summary>Characters of each text that are kept.</summary>
    public const int MostText = 1000;

    public required AuditKind Kind { get; init; }

    /// <summary>Of an end, the number of its beginning; else null.</summary>
    public long? Began { get; init; }

    /// <summary>Id of the account; null for the service, and for who did not get in.</summary>
    public string? ActorId { get; init; }

    public required string ActorName { get; init; }

    /// <summary>The address that it came from; null for the service.</summary>
    public string? Source { get; init; }

    public string? Project { get; init; }

    /// <summary>Method and route of a request, e.g. <c>DELETE /v2/{project}/backuppolicy/{policy}</c>, or a word of the service's
    /// own.</summary>
    public required string Action { get; init; }

    /// <summary>Of what: ids.</summary>
    public string? Target { get; init; }

    /// <summary>HTTP status of the answer; null while there is none.</summary>
    public int? Status { get; init; }

    /// <summary>Code of the refusal; null for what was done.</summary>
    public string? Code { get; init; }

    /// <summary>A sentence with names and ids, or null.</summary>
    public string? Details { get; init; }

    /// <summary>What the service does by itself.</summary>
    internal static AuditEvent OfService(string action, string? project, string what, string? details = null) =>
        new()
        {
            Kind = AuditKind.Done,
            ActorName = Service,
            Action = action,
            Project = project,
            Target = what,
            Details = details,
        };

    /// <summary>With texts that every catalog takes and gives back as they are.</summary>
    internal AuditEvent Plain() =>
        this with
        {
            ActorId = Plain(ActorId),
            ActorName = Plain(ActorName) ?? "",
            Source = Plain(Source),
            Project = Plain(Project),
            Action = Plain(Action) ?? "",
            Target = Plain(Target),
            Code = Plain(Code),
            Details = Plain(Details),
        };

    private static string? Plain(string? text) => text is null ? null : CatalogText.OneLine(text, MostText, instead: '?');
}

/// <summary>A row of the audit log.</summary>
/// <param name="Previous">The hash of the row before: 64 hex digits, zeros before the first.</param>
/// <param name="Hash">64 hex digits.</param>
public sealed record AuditRow(long Number, DateTimeOffset At, AuditEvent Event, string Previous, string Hash)
{
    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    private const uint Absent = uint.MaxValue;

    /// <summary>Of everything else in the row. Spec, byte for byte: docs/decisions/0033-the-audit-log.md.</summary>
    public static string HashOf(long number, DateTimeOffset at, AuditEvent told, string previous)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("HFAUDIT1"u8);
        Add(hash, number);
        Add(hash, at.ToUnixTimeMilliseconds());
        Add(hash, (long)told.Kind);
        Add(hash, told.Began ?? 0);
        Add(hash, told.Status ?? 0);
        string?[] texts = [told.ActorId, told.ActorName, told.Source, told.Project, told.Action, told.Target, told.Code, told.Details];
        foreach (var text in texts)
        {
            Add(hash, text);
        }

        hash.AppendData(Encoding.ASCII.GetBytes(previous));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, string? text)
    {
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, text is null ? Absent : (uint)bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}

/// <summary>The last event of the log at some moment.</summary>
/// <param name="Number">0 where there was none.</param>
public sealed record AuditHead(long Number, string Hash);
