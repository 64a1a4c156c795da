using Dapper;
using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// What the catalog knows of the second copy: that it was made, and since when the repository has not had what it holds. An object may go
/// from the copy when it was absent for so many days by the clock, and was also seen to be absent on so many days and one: a clock that
/// jumps ahead brings a day about, but no second one.
/// </summary>
internal sealed class SecondCopyStore(CatalogDatabase database, TimeProvider clock)
{
    private const int RowsAStatement = 200;

    /// <summary>Two sights of an absence count as two when they are so far apart, by the clock.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromHours(12);

    private const string MadeSql = "SELECT address FROM second_copy";
    private const string SetMadeSql = """
        INSERT INTO second_copy (one, address, made_at) VALUES (1, @address, @now)
        ON CONFLICT (one) DO UPDATE SET address = @address, made_at = @now WHERE second_copy.address <> @address
        """;
    private const string AbsencesSql = "SELECT object AS Key, first_at AS FirstAt, last_at AS LastAt, seen AS Seen FROM copy_absence";
    private const string ForgetSql = "DELETE FROM copy_absence WHERE object";

    /// <summary>Backups whose manifest must be in the repository: 2 available, 3 deleted and kept.</summary>
    private const string WantedSql = "SELECT id FROM backup WHERE status IN (2, 3) AND id";

    /// <summary>Whether a copy was made whole at this address.</summary>
    public async Task<bool> IsMadeAsync(string address, CancellationToken cancel) =>
        await database.ReadFirstAsync<string>(MadeSql, null, cancel) == address;

    public Task MadeAsync(CatalogTransaction tx, string address, CancellationToken cancel) =>
        tx.ExecuteAsync(SetMadeSql, new { address, now = NowMs() }, cancel);

    /// <summary>Notes what the copy holds and the repository does not, all of it.</summary>
    /// <returns>What of it may go.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the catalog knows a backup whose manifest is among it:
    /// then the repository has lost it, and nothing is to go on its word.</exception>
    public async Task<IReadOnlySet<ObjectKey>> SeeAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<ObjectKey> absent,
        int keepDays,
        CancellationToken cancel
    )
    {
        await ThrowIfWantedAsync(tx, absent, cancel);
        var now = NowMs();
        var known = (await tx.QueryAsync<Absence>(AbsencesSql, null, cancel)).ToDictionary(one => one.Key);
        var seen = absent.Select(key => known.GetValueOrDefault(key.Value)?.SeenAt(now) ?? new Absence(key.Value, now, now, 1)).ToList();
        foreach (var gone in known.Keys.Except(seen.Select(one => one.Key)).Chunk(RowsAStatement))
        {
            await tx.ExecuteAsync(
                $"{ForgetSql} {tx.Dialect.IsIn("@objects")}",
                new { objects = SqlDialect.Ids(gone) },
                cancel
            );
        }

        foreach (var rows in seen.Where(one => known.GetValueOrDefault(one.Key) != one).Chunk(RowsAStatement))
        {
            await PutAsync(tx, rows, cancel);
        }

        return seen.Where(one => one.IsOlderThan(keepDays, now)).Select(one => new ObjectKey(one.Key)).ToHashSet();
    }

    private static async Task ThrowIfWantedAsync(CatalogTransaction tx, IEnumerable<ObjectKey> absent, CancellationToken cancel)
    {
        var manifests = absent
            .Where(key => key.Value.StartsWith(Manifests, StringComparison.Ordinal))
            .Select(key => key.Value[Manifests.Length..]);
        foreach (var ids in manifests.Chunk(RowsAStatement))
        {
            var wanted = await tx.QueryAsync<string>(
                $"{WantedSql} {tx.Dialect.IsIn("@ids")} LIMIT 1",
                new { ids = SqlDialect.Ids(ids) },
                cancel
            );
            if (wanted is [var lost, ..])
            {
                throw new HoldfastException(
                    FailureKind.Refused,
                    $"The repository does not hold 'manifests/{lost}' any more, which is of a backup that was not deleted. The second copy "
                        + "has all that the repository has, and nothing was removed from it. Fetch what is lost from there: 'holdfast repo "
                        + $"repair --from COPY --backup {lost}'."
                );
            }
        }
    }

    private static async Task PutAsync(CatalogTransaction tx, Absence[] rows, CancellationToken cancel)
    {
        var parameters = new DynamicParameters();
        var values = new List<string>();
        for (var i = 0; i < rows.Length; i++)
        {
            values.Add($"(@o{i}, @f{i}, @l{i}, @s{i})");
            parameters.Add($"o{i}", rows[i].Key);
            parameters.Add($"f{i}", rows[i].FirstAt);
            parameters.Add($"l{i}", rows[i].LastAt);
            parameters.Add($"s{i}", rows[i].Seen);
        }

        await tx.ExecuteAsync(
            $"INSERT INTO copy_absence (object, first_at, last_at, seen) VALUES {string.Join(", ", values)} ON CONFLICT (object) DO UPDATE "
                + "SET first_at = excluded.first_at, last_at = excluded.last_at, seen = excluded.seen",
            parameters,
            cancel
        );
    }

    private const string Manifests = "manifests/";

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed record Absence(string Key, long FirstAt, long LastAt, int Seen)
    {
        public Absence()
            : this("", 0, 0, 0) { }

        /// <summary>A time that has not come was written by a clock that was ahead: it counts from now.</summary>
        public Absence SeenAt(long now)
        {
            var first = Math.Min(FirstAt, now);
            return LastAt > now ? this with { FirstAt = first, LastAt = now }
                : now - LastAt >= (long)Apart.TotalMilliseconds ? this with { FirstAt = first, LastAt = now, Seen = Seen + 1 }
                : this with { FirstAt = first };
        }

        public bool IsOlderThan(int days, long now) => Seen > days && now - FirstAt >= (long)TimeSpan.FromDays(days).TotalMilliseconds;
    }
}
