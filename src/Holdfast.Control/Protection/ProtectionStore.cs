using System.Data.Common;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Policies;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Protection;

/// <summary>How well each volume is protected: what the overview, <c>holdfast status</c> and the metrics tell. Reads only.</summary>
public sealed class ProtectionStore(CatalogDatabase database, TimeProvider clock)
{
    /// <summary>As the index <c>backup_newest</c> has it.</summary>
    private const string Good = "b.volume_id = v.id AND b.status = 2 AND coalesce(b.verdict_ok, 1) = 1 ORDER BY b.number DESC LIMIT 1";

    /// <summary>In the places where <see cref="Row.ReadShort"/> takes them from.</summary>
    private const string ShortColumns =
        "v.id, v.name, v.proven_at, m.policy_id, m.added_at, o.ended_at, coalesce(o.failures, 0), coalesce(d.damaged, 0), v.status";

    private const string Joins = """
        LEFT JOIN policy_volume m ON m.volume_id = v.id
        LEFT JOIN volume_outcome o ON o.volume_id = v.id
        LEFT JOIN (SELECT volume_id, count(*) AS damaged FROM backup WHERE verdict_ok = 0 AND status = 2 GROUP BY volume_id) d
          ON d.volume_id = v.id
        """;

    private const string VolumesSql = $"""
        SELECT {ShortColumns}, g.created_at, v.project_id, r.name, o.fail_code, o.fail_reason, g.id, g.available_at, g.bytes_read,
          g.bytes_new, g.bytes_stored, g.verdict_at, g.verdict_by
        FROM volume v JOIN project r ON r.id = v.project_id
        {Joins}
        LEFT JOIN backup g ON g.volume_id = v.id AND g.number = (SELECT b.number FROM backup b WHERE {Good})
        """;

    /// <summary>Of each volume one look into an index finds the newest good backup; its row is not read.</summary>
    private const string SightsSql = $"""
        SELECT {ShortColumns}, (SELECT b.created_at FROM backup b WHERE {Good})
        FROM volume v
        {Joins}
        WHERE v.project_id = @project ORDER BY v.name, v.id
        """;

    /// <summary>Unordered: to sort ten thousand rows takes as long as to read them.</summary>
    private const string FactsSql = $"""
        SELECT {ShortColumns}, g.created_at, v.project_id, r.name, g.available_at, g.bytes_read, g.bytes_new, g.bytes_stored, g.verdict_at
        FROM volume v JOIN project r ON r.id = v.project_id
        {Joins}
        LEFT JOIN backup g ON g.volume_id = v.id AND g.number = (SELECT b.number FROM backup b WHERE {Good})
        """;

    private const string PoliciesSql = $"SELECT {PolicyRow.Columns} FROM policy p";

    /// <summary>The volumes of a project, or of all; by name.</summary>
    public async Task<IReadOnlyList<VolumeProtection>> ListAsync(ProjectId? project, CancellationToken cancel)
    {
        var policies = await PoliciesAsync(project, cancel);
        var where = project is null ? "" : " WHERE v.project_id = @project";
        var rows = await database.ReadAllAsync(
            $"{VolumesSql}{where} ORDER BY v.name, v.id",
            new { project = project?.Value },
            Row.Read,
            cancel
        );
        return [.. rows.Select(row => row.ToProtection(policies))];
    }

    /// <summary>The volumes of all projects, in no order: what is known, for whoever works out later what follows from it.</summary>
    public async Task<IReadOnlyList<VolumeFacts>> FactsAsync(CancellationToken cancel)
    {
        var policies = await PoliciesAsync(project: null, cancel);
        return await database.ReadAllAsync(FactsSql, null, row => FactsOf(row, policies), cancel);
    }

    /// <summary>The volumes of a project in short: faster than all that is known of each.</summary>
    public async Task<ProjectSights> SightsAsync(ProjectId project, CancellationToken cancel)
    {
        var policies = await PoliciesAsync(project, cancel);
        var all = await database.ReadAllAsync(
            SightsSql,
            new { project = project.Value },
            row => Row.ReadShort(row).ToSight(policies),
            cancel
        );
        return new ProjectSights(all, project, policies);
    }

    /// <summary>All that is known of some of the volumes, in the order in which they are named. One that is not there any more is left
    /// out.</summary>
    public Task<IReadOnlyList<VolumeProtection>> ListAsync(
        ProjectSights of,
        IReadOnlyCollection<VolumeId> these,
        CancellationToken cancel
    ) => ListAsync(of.Project, these, of.Policies, cancel);

    /// <summary>One volume; null where the project has no such volume.</summary>
    public async Task<VolumeProtection?> FindAsync(ProjectId project, VolumeId volume, CancellationToken cancel) =>
        (await ListAsync(project, [volume], await PoliciesAsync(project, cancel), cancel)).SingleOrDefault();

    private async Task<IReadOnlyList<VolumeProtection>> ListAsync(
        ProjectId project,
        IReadOnlyCollection<VolumeId> these,
        KnownPolicies policies,
        CancellationToken cancel
    )
    {
        if (these.Count == 0)
        {
            return [];
        }

        var rows = await database.ReadAllAsync(
            $"{VolumesSql} WHERE v.project_id = @project AND v.id {database.Dialect.IsIn("@these")}",
            new { project = project.Value, these = SqlDialect.Ids(these) },
            Row.Read,
            cancel
        );
        var found = rows.ToDictionary(row => row.Id);
        return [.. these.Where(found.ContainsKey).Select(volume => found[volume].ToProtection(policies))];
    }

    private async Task<KnownPolicies> PoliciesAsync(ProjectId? project, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var where = project is null ? "" : " WHERE p.project_id = @project";
        var rows = await database.ReadAllAsync<PolicyRow>(PoliciesSql + where, new { project = project?.Value }, cancel);
        var policies = rows.Select(row => row.ToPolicy(0, new Dictionary<string, string>()));
        return new KnownPolicies(
            policies.ToDictionary(
                policy => policy.Id.ToString(),
                policy => KnownPolicy.Of(policy, now)
            ),
            now
        );
    }

    private static bool IsInError(DbDataReader row) => row.GetInt32(8) == (int)VolumeStatus.Error;

    private static VolumeFacts FactsOf(DbDataReader row, KnownPolicies policies) =>
        new()
        {
            Volume = VolumeId.Parse(row.GetString(0), null),
            Name = row.GetString(1),
            ProvenAt = row.TimeAt(2),
            LongestPause = policies.Find(row.TextAt(3))?.LongestPause,
            AddedAt = row.TimeAt(4),
            EndedAt = row.TimeAt(5),
            Failures = row.GetInt32(6),
            DamagedBackups = (int)row.GetInt64(7),
            IsInError = IsInError(row),
            BegunAt = row.TimeAt(9),
            Project = row.GetString(10),
            ProjectName = row.GetString(11),
            AvailableAt = row.TimeAt(12),
            BytesRead = row.NumberAt(13),
            BytesNew = row.NumberAt(14),
            BytesStored = row.NumberAt(15),
            VerdictAt = row.TimeAt(16),
        };

    private sealed record Row(
        VolumeId Id,
        string Name,
        DateTimeOffset? ProvenAt,
        string? PolicyId,
        DateTimeOffset? AddedAt,
        DateTimeOffset? EndedAt,
        int Failures,
        int Damaged,
        bool InError,
        DateTimeOffset? BegunAt
    )
    {
        private ProjectId Project { get; init; }

        private string ProjectName { get; init; } = "";

        private string? FailCode { get; init; }

        private string? FailReason { get; init; }

        private GoodBackup? Newest { get; init; }

        public static Row ReadShort(DbDataReader row) =>
            new(
                VolumeId.Parse(row.GetString(0), null),
                row.GetString(1),
                row.TimeAt(2),
                row.TextAt(3),
                row.TimeAt(4),
                row.TimeAt(5),
                row.GetInt32(6),
                (int)row.GetInt64(7),
                IsInError(row),
                row.TimeAt(9)
            );

        public static Row Read(DbDataReader row) =>
            ReadShort(row) with
            {
                Project = new ProjectId(row.GetString(10)),
                ProjectName = row.GetString(11),
                FailCode = row.TextAt(12),
                FailReason = row.TextAt(13),
                Newest = row.TextAt(14) is { } id && row.TimeAt(9) is { } begun
                    ? new GoodBackup(
                        BackupId.Parse(id, null),
                        begun,
                        row.TimeAt(15) is { } end && end > begun ? end - begun : TimeSpan.Zero,
                        row.NumberAt(16),
                        row.NumberAt(17),
                        row.NumberAt(18),
                        row.TimeAt(19) is { } looked ? new BackupVerdict(looked, (VerdictBy)(row.NumberAt(20) ?? 0), null) : null
                    )
                    : null,
            };

        public VolumeSight ToSight(KnownPolicies policies) =>
            new(Id, Name, StateIn(policies.Find(PolicyId)), BegunAt, IsDatedAhead(policies.Now));

        public VolumeProtection ToProtection(KnownPolicies policies)
        {
            var of = policies.Find(PolicyId);
            return new VolumeProtection
            {
                Project = Project,
                ProjectName = ProjectName,
                Volume = Id,
                Name = Name,
                State = StateIn(of),
                Policy = of?.Policy.Id,
                PolicyName = of?.Policy.Name,
                IsPolicyOn = of?.WantedSince is not null,
                WantedSince = of?.WantedSince,
                IsOverdue = StateIn(of, failures: 0, damaged: 0, isInError: false) == ProtectionState.Overdue,
                IsInError = InError,
                Newest = Newest,
                DamagedBackups = Damaged,
                Last = EndedAt is { } at ? new LastOutcome(at, Failures, FailCode, FailReason) : null,
                ProvenAt = ProvenAt,
                IsDatedAhead = IsDatedAhead(policies.Now),
            };
        }

        private ProtectionState StateIn(KnownPolicy? of) => StateIn(of, Failures, Damaged, InError);

        private ProtectionState StateIn(KnownPolicy? of, int failures, int damaged, bool isInError) =>
            ProtectionRules.StateOf(BegunAt, of?.WantedSince is null ? null : AddedAt, of?.WantedSince, failures, damaged, isInError);

        private bool IsDatedAhead(DateTimeOffset now) => BegunAt > now || AddedAt > now || EndedAt > now || ProvenAt > now;
    }
}
