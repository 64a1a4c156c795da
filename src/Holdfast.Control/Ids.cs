using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Control;

/// <summary>32 hex digits, as identity services give them.</summary>
public readonly record struct ProjectId(string Value)
{
    public static ProjectId New(TimeProvider clock) => new(Hex.New(clock));

    public override string ToString() => Value;
}

/// <summary>32 hex digits.</summary>
public readonly record struct AccountId(string Value)
{
    public static AccountId New(TimeProvider clock) => new(Hex.New(clock));

    public override string ToString() => Value;
}

/// <summary>32 hex digits of a version 7 UUID, so that ids sort by time of creation. The API's <c>vbs_job_id</c>.</summary>
public readonly record struct JobId(string Value)
{
    public static JobId New(TimeProvider clock) => new(Hex.New(clock));

    public override string ToString() => Value;
}

public readonly record struct VolumeId(Guid Value) : IParsable<VolumeId>
{
    /// <summary>When the id was made, to the millisecond, or null for one that does not tell (RFC 9562, section 5.7).</summary>
    public DateTimeOffset? MadeAt =>
        Value.Version == 7
            ? DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(Value.ToByteArray(bigEndian: true)) >> 16)
            : null;

    public static VolumeId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static VolumeId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out VolumeId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

public readonly record struct PolicyId(Guid Value) : IParsable<PolicyId>
{
    public static PolicyId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static PolicyId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PolicyId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

/// <summary>A version 7 UUID: sorts by time of creation. The API's <c>job_id</c> of a task.</summary>
public readonly record struct BackupTaskId(Guid Value) : IParsable<BackupTaskId>
{
    public static BackupTaskId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static BackupTaskId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BackupTaskId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

/// <summary>A restore drill. A version 7 UUID: sorts by time of the order.</summary>
public readonly record struct DrillId(Guid Value) : IParsable<DrillId>
{
    public static DrillId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static DrillId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DrillId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

/// <summary>Who is told. A version 7 UUID.</summary>
public readonly record struct NotifyTargetId(Guid Value) : IParsable<NotifyTargetId>
{
    public static NotifyTargetId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static NotifyTargetId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NotifyTargetId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

/// <summary>What a target is told. A version 7 UUID.</summary>
public readonly record struct NotifyRuleId(Guid Value) : IParsable<NotifyRuleId>
{
    public static NotifyRuleId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static NotifyRuleId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NotifyRuleId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

/// <summary>One message to one target: a receiver that has seen the id has seen the message. A version 7 UUID.</summary>
public readonly record struct NotifyDeliveryId(Guid Value) : IParsable<NotifyDeliveryId>
{
    public static NotifyDeliveryId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static NotifyDeliveryId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NotifyDeliveryId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}

file static class Hex
{
    public static string New(TimeProvider clock) => Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
}
