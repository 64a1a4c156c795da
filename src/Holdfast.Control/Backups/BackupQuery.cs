using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>Which backups of a project to list; null members do not restrict.</summary>
public sealed record BackupFilter
{
    public VolumeId? Volume { get; init; }

    /// <summary>Any of these; an empty list matches nothing.</summary>
    public IReadOnlyCollection<BackupStatus>? Statuses { get; init; }

    public string? Name { get; init; }

    public PolicyId? Policy { get; init; }

    /// <summary>A part of the name, letter for letter. A backup without a name has none.</summary>
    public string? NamePart { get; init; }

    /// <summary>A part of the volume's id.</summary>
    public string? VolumePart { get; init; }
}

public enum BackupSortKey
{
    CreatedAt = 1,
    UpdatedAt = 2,
    Name = 3,
    Status = 4,
    Size = 5,
    Id = 6,
    Volume = 7,

    /// <summary>The order in which the backups of one volume were made.</summary>
    Number = 8,
}

public readonly record struct BackupSort(BackupSortKey Key, bool Descending);

/// <summary>Which part of a list, and in which order. Ties are broken by id in the direction of the last key, so that paging is
/// stable.</summary>
public sealed record BackupPage
{
    /// <summary>Newest first.</summary>
    public static readonly IReadOnlyList<BackupSort> ByAge = [new(BackupSortKey.CreatedAt, Descending: true)];

    public IReadOnlyList<BackupSort> Sort { get; init; } = ByAge;

    /// <summary>At most so many, at least 1.</summary>
    public required int Limit { get; init; }

    /// <summary>So many are passed over, counted from the marker.</summary>
    public long Offset { get; init; }

    /// <summary>Continue behind this backup, whether or not the filter lets it pass. An unknown one gives an empty list.</summary>
    public BackupId? Marker { get; init; }
}
