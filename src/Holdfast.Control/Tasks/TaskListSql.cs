using System.Collections.Concurrent;
using System.Text;

namespace Holdfast.Control.Tasks;

/// <summary>Where a page begins.</summary>
internal enum PageStart
{
    /// <summary>At the list's first task.</summary>
    Top,

    /// <summary>Behind a given key.</summary>
    After,

    /// <summary>At a given key.</summary>
    At,
}

/// <summary>Which statement of the list: it depends on nothing else, so that each is written, prepared and planned once.</summary>
internal readonly record struct PageShape(bool ByStatus, bool Ascending, PageStart Start);

/// <summary>
/// The SQL of the task list. Every statement is a walk along <c>task_by_policy</c> or <c>task_by_policy_status</c>: the filters are equal
/// to the index's first columns, the start is a row comparison of the others, the order is the index's own.
/// </summary>
internal static class TaskListSql
{
    /// <summary>The order in which readers take the columns.</summary>
    public const string Columns =
        "id, volume_id, status, origin, created_at, finished_at, backup_name, backup_id, job_id, code, message, slot_at";

    private const string OfStart = "(SELECT created_at FROM start), (SELECT id FROM start)";

    /// <summary>1: policy, 2: project. A row if the project has the policy, with the number of its tasks.</summary>
    public static string Count(char mark) =>
        $"SELECT (SELECT cast(coalesce(sum(c.tasks), 0) AS bigint) FROM task_counter c WHERE c.policy_id = p.id) FROM policy p WHERE "
            + $"p.id = {mark}1 AND p.project_id = {mark}2";

    /// <summary>1: policy, 2: project, 3: status.</summary>
    public static string CountOfStatus(char mark) =>
        $"SELECT (SELECT cast(coalesce(sum(c.tasks), 0) AS bigint) FROM task_counter c WHERE c.policy_id = p.id AND c.status = {mark}3) "
            + $"FROM policy p WHERE p.id = {mark}1 AND p.project_id = {mark}2";

    /// <summary>1: id, 2: policy.</summary>
    public static string Key(char mark) => $"SELECT created_at FROM task WHERE id = {mark}1 AND policy_id = {mark}2";

    /// <summary>1: id, 2: policy.</summary>
    public static string One(char mark) => $"SELECT {Columns} FROM task WHERE id = {mark}1 AND policy_id = {mark}2";

    /// <summary>1: policy, then status, then created_at and id of the start, then (last) the limit.</summary>
    public static string SqlitePage(PageShape shape) => $"SELECT {Columns} {Walk(shape, '?', out var next)} LIMIT ?{next}";

    /// <summary>As <see cref="SqlitePage"/>, but gives the key of the task that lies so many further. Reads the index alone.</summary>
    public static string SqliteSkip(PageShape shape) => $"SELECT created_at, id {Walk(shape, '?', out var next)} LIMIT 1 OFFSET ?{next}";

    private static readonly ConcurrentDictionary<(PageShape Shape, int Limit, bool Skips), string> PostgresPages = new();

    /// <summary>
    /// 1: policy, then status, then the marker's id, then the offset. The limit stands in the text: PostgreSQL plans a prepared statement
    /// whose limit it does not know as if a tenth of the table were wanted, and so would plan every call anew.
    /// </summary>
    public static string PostgresPage(PageShape shape, int limit, bool skips) =>
        PostgresPages.GetOrAdd((shape, limit, skips), key => MakePostgresPage(key.Shape, key.Limit, key.Skips));

    private static string MakePostgresPage(PageShape shape, int limit, bool skips)
    {
        var next = shape.ByStatus ? 3 : 2;
        var marker =
            shape.Start == PageStart.Top ? null : $"(SELECT m.created_at FROM task m WHERE m.id = ${next} AND m.policy_id = $1), ${next++}";
        if (!skips)
        {
            return $"SELECT {Columns} {PostgresWalk(shape, marker)} LIMIT {limit}";
        }

        // An offset past the end is known from the counters: the walk along the index is then not begun.
        var within =
            $"${next} < (SELECT coalesce(sum(c.tasks), 0) FROM task_counter c WHERE c.policy_id = "
                + $"$1{(shape.ByStatus ? " AND c.status = $2" : "")})";
        return $"WITH start AS MATERIALIZED (SELECT created_at, id {PostgresWalk(shape, marker, within)} LIMIT 1 OFFSET ${next}) "
            + $"SELECT {Columns} {PostgresWalk(shape with { Start = PageStart.At }, OfStart)} LIMIT {limit}";
    }

    /// <summary>
    /// PostgreSQL may think that a status hardly restricts and walk <c>task_by_policy</c>, throwing away what has another status: up to all
    /// of it. So policy and status are given as a range of rows, and the order names them, which <c>task_by_policy_status</c> alone offers.
    /// One bound a side: of two, the server may begin at the wider.
    /// </summary>
    /// <param name="start">The key that the page begins at or after, or null.</param>
    private static string PostgresWalk(PageShape shape, string? start, string? also = null)
    {
        var (begins, ends) = shape.Ascending ? ('>', '<') : ('<', '>');
        var inclusive = shape.Start == PageStart.At ? "=" : "";
        var direction = shape.Ascending ? "" : " DESC";
        string[] conditions = (shape.ByStatus, start) switch
        {
            // The sub-select hides the value from the planner, which would else take the plan for these very values for cheaper, each time
            // anew.
            (true, null) => ["(policy_id, status) >= ((SELECT $1), $2)", "(policy_id, status) <= ((SELECT $1), $2)"],
            (true, _) =>
            [
                $"(policy_id, status, created_at, id) {begins}{inclusive} ($1, $2, {start})",
                $"(policy_id, status) {ends}= ($1, $2)",
            ],
            (false, null) => ["policy_id = $1"],
            (false, _) => ["policy_id = $1", $"(created_at, id) {begins}{inclusive} ({start})"],
        };
        string[] order = [.. shape.ByStatus ? ["policy_id", "status"] : Array.Empty<string>(), "created_at", "id"];
        return $"FROM task WHERE {string.Join(" AND ", also is null ? conditions : [.. conditions, also])} ORDER BY "
            + $"{string.Join(", ", order.Select(column => column + direction))}";
    }

    private static string Walk(PageShape shape, char mark, out int next)
    {
        var sql = new StringBuilder($"FROM task WHERE policy_id = {mark}1");
        next = 2;
        if (shape.ByStatus)
        {
            sql.Append($" AND status = {mark}{next++}");
        }

        if (shape.Start != PageStart.Top)
        {
            sql.Append(
                $" AND (created_at, id) {(shape.Ascending ? '>' : '<')}{(shape.Start == PageStart.At ? "=" : "")} ({mark}{next++}, "
                    + $"{mark}{next++})"
            );
        }

        return sql.Append(' ').Append(Order(shape)).ToString();
    }

    private static string Order(PageShape shape) => shape.Ascending ? "ORDER BY created_at, id" : "ORDER BY created_at DESC, id DESC";
}
