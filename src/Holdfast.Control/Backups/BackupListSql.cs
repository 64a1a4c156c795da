using Dapper;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Backups;

/// <summary>Writes the SELECT of a list of backups: filter, order, and the place behind a marker.</summary>
internal static class BackupListSql
{
    private const string StatusName =
        $"CASE {BackupRow.ShownStatus} WHEN 1 THEN 'creating' WHEN 2 THEN 'available' WHEN 8 THEN 'restoring' WHEN 4 THEN 'deleting' "
        + "WHEN 5 THEN 'error' ELSE 'error_deleting' END";

    /// <param name="project">Null for backups of all projects.</param>
    public static string Where(ProjectId? project, BackupFilter filter, SqlDialect dialect) =>
        $" FROM backup WHERE {(project is null ? "1 = 1" : "project_id = @project")} AND status <> 3"
        + (filter.Volume is null ? "" : " AND volume_id = @volume")
        + (filter.Statuses is { } shown ? $" AND {Recorded(shown)} AND {ShownStatus("backup.")} {dialect.AnyOf("@statuses")}" : "")
        + (filter.Name is null ? "" : " AND name = @name")
        + (filter.Policy is null ? "" : " AND policy_id = @policy")
        + (filter.NamePart is null ? "" : $" AND {dialect.Contains("name", "@namePart")}")
        + (filter.VolumePart is null ? "" : $" AND {dialect.Contains("volume_id", "@volumePart")}");

    /// <summary>The states in the table that are shown so, for an index: what is restored from is recorded as available.</summary>
    private static string Recorded(IEnumerable<BackupStatus> shown)
    {
        var recorded = shown.Select(status => status == BackupStatus.Restoring ? BackupStatus.Available : status).Distinct().ToList();
        return recorded switch
        {
            [] => "1 = 0",
            [var one] => $"status = {one:D}",
            _ => $"status IN ({string.Join(", ", recorded.Select(status => $"{status:D}"))})",
        };
    }

    /// <param name="of">What the table is called, with its point.</param>
    public static string ShownStatus(string of) => BackupRow.ShownStatus.Replace("{0}", of, StringComparison.Ordinal);

    public static DynamicParameters Parameters(ProjectId? project, BackupFilter filter)
    {
        var parameters = new DynamicParameters();
        parameters.Add("project", project?.Value);
        parameters.Add("volume", filter.Volume?.ToString());
        parameters.Add("statuses", filter.Statuses?.Select(status => (int)status).ToArray());
        parameters.Add("name", filter.Name);
        parameters.Add("policy", filter.Policy?.ToString());
        parameters.Add("namePart", filter.NamePart);
        parameters.Add("volumePart", filter.VolumePart);
        return parameters;
    }

    /// <summary>The keys with the id behind them, so that no two backups are equal.</summary>
    public static IReadOnlyList<BackupSort> Total(IReadOnlyList<BackupSort> sort) =>
        sort.Any(s => s.Key == BackupSortKey.Id) ? sort : [.. sort, new(BackupSortKey.Id, sort.Count > 0 && sort[^1].Descending)];

    public static string OrderBy(IReadOnlyList<BackupSort> sort, SqlDialect dialect) =>
        $" ORDER BY {string.Join(", ", sort.Select(s => Expression(s.Key, dialect) + (s.Descending ? " DESC" : " ASC")))}";

    /// <summary>What comes behind the marker, whose values become parameters. One direction is one comparison of rows, along which an index
    /// is read.</summary>
    public static string Behind(IReadOnlyList<BackupSort> sort, BackupRow marker, SqlDialect dialect, DynamicParameters parameters)
    {
        for (var i = 0; i < sort.Count; i++)
        {
            parameters.Add($"m{i}", ValueOf(sort[i].Key, marker));
        }

        var keys = sort.Select(s => Expression(s.Key, dialect)).ToList();
        if (sort.All(s => s.Descending == sort[0].Descending))
        {
            return $" AND ({string.Join(", ", keys)}) {(sort[0].Descending ? '<' : '>')} "
                + $"({string.Join(", ", Enumerable.Range(0, keys.Count).Select(i => $"@m{i}"))})";
        }

        var cases =
            from last in Enumerable.Range(0, keys.Count)
            let equal = Enumerable.Range(0, last).Select(i => $"{keys[i]} = @m{i}")
            select string.Join(" AND ", equal.Append($"{keys[last]} {(sort[last].Descending ? '<' : '>')} @m{last}"));
        return $" AND (({string.Join(") OR (", cases)}))";
    }

    /// <param name="of">What the table is called, with its point.</param>
    public static string Expression(BackupSortKey key, SqlDialect dialect, string of = "backup.") =>
        key switch
        {
            BackupSortKey.CreatedAt => $"{of}created_at",
            BackupSortKey.UpdatedAt => $"{of}updated_at",
            BackupSortKey.Name => $"coalesce({of}name, ''){dialect.Ordinal}",
            BackupSortKey.Status => $"({StatusName.Replace("{0}", of, StringComparison.Ordinal)}){dialect.Ordinal}",
            BackupSortKey.Size => $"{of}volume_bytes",
            BackupSortKey.Volume => $"{of}volume_id",
            BackupSortKey.Number => $"{of}number",
            _ => $"{of}id",
        };

    private static object ValueOf(BackupSortKey key, BackupRow row) =>
        key switch
        {
            BackupSortKey.CreatedAt => row.CreatedAt,
            BackupSortKey.UpdatedAt => row.UpdatedAt,
            BackupSortKey.Name => row.Name ?? "",
            BackupSortKey.Status => row.Status.WireName(),
            BackupSortKey.Size => row.VolumeBytes,
            BackupSortKey.Volume => row.VolumeId,
            BackupSortKey.Number => row.Number,
            _ => row.Id,
        };
}
