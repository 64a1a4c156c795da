using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Engine.Basics;

/// <summary>The id of a restore point, the same in the catalog (<c>backup.id</c>) and in the repository (<c>manifests/&lt;id&gt;</c>). A
/// version 7 UUID.</summary>
public readonly record struct BackupId(Guid Value) : IParsable<BackupId>
{
    public static BackupId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    public static BackupId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BackupId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D");
}
