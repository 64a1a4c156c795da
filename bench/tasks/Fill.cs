using System.Data.Common;
using System.Globalization;
using Holdfast.Control.Tasks;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Holdfast.Bench.Tasks;

/// <summary>
/// Fills a policy's history the way a year of firings would have: 250 volumes a firing, nine in ten tasks a success, the rest failed, timed
/// out or skipped, and a firing in progress. By bulk SQL, counters included.
/// </summary>
internal static class Fill
{
    private const int VolumesPerFiring = 250;
    private const int TasksInProgress = 8;

    /// <summary>Within the history window of 400 days, so that upkeep leaves them alone.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromDays(390);

    private static readonly string[] Columns =
    [
        "id",
        "policy_id",
        "project_id",
        "volume_id",
        "status",
        "origin",
        "slot_at",
        "created_at",
        "finished_at",
        "backup_name",
        "backup_id",
        "job_id",
        "code",
        "message",
    ];

    public static void Sqlite(string file, string project, string policy, int tasks)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        using var insert = connection.CreateCommand();
        insert.CommandText =
            $"INSERT INTO task ({string.Join(", ", Columns)}) VALUES ({string.Join(", ", Columns.Select(name => $"@{name}"))})";
        foreach (var name in Columns)
        {
            insert.Parameters.Add(new SqliteParameter($"@{name}", null));
        }

        foreach (var row in Rows(project, policy, tasks))
        {
            for (var n = 0; n < row.Length; n++)
            {
                insert.Parameters[n].Value = row[n] ?? DBNull.Value;
            }

            insert.ExecuteNonQuery();
        }

        Count(connection, policy);
        transaction.Commit();
        Execute(connection, "ANALYZE");
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public static void Postgres(string connectionString, string project, string policy, int tasks)
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using (var copy = connection.BeginBinaryImport($"COPY task ({string.Join(", ", Columns)}) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var row in Rows(project, policy, tasks))
            {
                copy.StartRow();
                foreach (var value in row)
                {
                    Write(copy, value);
                }
            }

            copy.Complete();
        }

        Count(connection, policy);
        Execute(connection, "VACUUM ANALYZE task");
        Execute(connection, "CHECKPOINT");
    }

    private static void Write(NpgsqlBinaryImporter copy, object? value)
    {
        switch (value)
        {
            case null:
                copy.WriteNull();
                break;
            case int number:
                copy.Write(number, NpgsqlDbType.Integer);
                break;
            case long number:
                copy.Write(number, NpgsqlDbType.Bigint);
                break;
            default:
                copy.Write((string)value, NpgsqlDbType.Text);
                break;
        }
    }

    private static void Count(DbConnection connection, string policy)
    {
        Execute(connection, $"DELETE FROM task_counter WHERE policy_id = '{policy}'");
        Execute(
            connection,
            $"INSERT INTO task_counter (policy_id, status, tasks) SELECT policy_id, status, count(*) FROM task WHERE policy_id = "
                + $"'{policy}' GROUP BY policy_id, status"
        );
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 600;
        command.ExecuteNonQuery();
    }

    private static IEnumerable<object?[]> Rows(string project, string policy, int tasks)
    {
        var random = new Random(tasks);
        var volumes = Enumerable.Range(0, VolumesPerFiring).Select(_ => Uuid(random)).ToArray();
        var now = DateTimeOffset.UtcNow;
        var firings = Math.Max(1, (tasks + VolumesPerFiring - 1) / VolumesPerFiring);
        for (var n = 0; n < tasks; n++)
        {
            var slot = now - (Period / firings * (firings - (n / VolumesPerFiring)));
            var created = slot + TimeSpan.FromMilliseconds(300 + (n % VolumesPerFiring));
            yield return Row(
                random,
                project,
                policy,
                volumes[n % VolumesPerFiring],
                slot,
                created,
                inProgress: n >= tasks - TasksInProgress
            );
        }
    }

    private static object?[] Row(
        Random random,
        string project,
        string policy,
        string volume,
        DateTimeOffset slot,
        DateTimeOffset created,
        bool inProgress
    )
    {
        var status = inProgress
            ? random.Next(2) == 0
                ? BackupTaskStatus.Waiting
                : BackupTaskStatus.Running
            : Ended(random.Next(1000));
        var failed = status is BackupTaskStatus.Failed or BackupTaskStatus.TimedOut or BackupTaskStatus.Skipped;
        var skipped = status == BackupTaskStatus.Skipped;
        var took = TimeSpan.FromSeconds(skipped ? 0 : 2 + random.Next(1800));
        return
        [
            Guid.CreateVersion7(created).ToString("D"),
            policy,
            project,
            volume,
            (int)status,
            (int)TaskOrigin.Scheduled,
            slot.ToUnixTimeMilliseconds(),
            created.ToUnixTimeMilliseconds(),
            inProgress ? null : (created + took).ToUnixTimeMilliseconds(),
            skipped ? null : string.Create(CultureInfo.InvariantCulture, $"autobk_{random.Next(65536):x4}"),
            skipped ? null : Uuid(random),
            skipped ? null : Guid.CreateVersion7(created).ToString("N"),
            failed ? "VolumeBackup.0027" : null,
            failed ? "The device '/dev/sdb' cannot be read at offset 1073741824." : null,
        ];
    }

    // Of a thousand ended tasks: 930 successes, 50 failures, 5 that ran into the time limit, 15 skipped.
    private static BackupTaskStatus Ended(int of1000) =>
        of1000 switch
        {
            < 930 => BackupTaskStatus.Success,
            < 980 => BackupTaskStatus.Failed,
            < 985 => BackupTaskStatus.TimedOut,
            _ => BackupTaskStatus.Skipped,
        };

    private static string Uuid(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString("D");
    }
}
