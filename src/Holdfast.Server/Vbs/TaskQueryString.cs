using Holdfast.Control;
using Holdfast.Control.Tasks;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.Server.Vbs;

/// <summary>Reads the query string of the task list: contract section 1.2. Unknown parameters are passed over. As in all lists
/// (<see cref="ListQuery"/>) an empty one is as if it were not there, and of several that say something the first counts.</summary>
internal static class TaskQueryString
{
    public const int DefaultLimit = 20;

    public static TaskQuery Read(QueryString text, ProjectId project, PolicyId policy)
    {
        var query = new TaskQuery
        {
            Project = project,
            Policy = policy,
            Limit = DefaultLimit,
        };
        var seen = Parameter.None;
        foreach (var pair in new QueryStringEnumerable(text.Value))
        {
            var parameter = ParameterOf(pair.DecodeName().Span);
            if (parameter == Parameter.None || (seen & parameter) != 0)
            {
                continue;
            }

            if (pair.DecodeValue() is { IsEmpty: false } value)
            {
                seen |= parameter;
                query = Apply(query, parameter, value.Span);
            }
        }

        return query;
    }

    private static TaskQuery Apply(TaskQuery query, Parameter parameter, ReadOnlySpan<char> value) =>
        parameter switch
        {
            Parameter.SortKey => value.SequenceEqual("created_at") ? query : throw Bad("sort_key", "is created_at", value),
            Parameter.SortDir => query with { Ascending = ReadDirection(value) },
            Parameter.Limit => query with { Limit = (int)Math.Min(ReadNumber("limit", 1, value), ListQuery.MaxLimit) },
            Parameter.Offset => query with { Offset = ReadNumber("offset", 0, value) },
            Parameter.Marker => query with
            {
                Marker = BackupTaskId.TryParse(value.ToString(), null, out var marker)
                    ? marker
                    : throw Bad("marker", "is the job_id of a task of this policy", value),
            },
            Parameter.JobId => query with
            {
                // An id that is none matches nothing: no task has the default.
                Task = BackupTaskId.TryParse(value.ToString(), null, out var task) ? task : default(BackupTaskId),
            },
            _ => query with
            {
                Status =
                    TaskStatusNames.Find(value)
                    ?? throw Bad("status", "is one of WAITING RUNNING EXECUTE_SUCCESS EXECUTE_FAIL EXECUTE_TIMEOUT SKIP", value),
            },
        };

    private static bool ReadDirection(ReadOnlySpan<char> value) =>
        value.Equals("asc", StringComparison.OrdinalIgnoreCase)
        || (value.Equals("desc", StringComparison.OrdinalIgnoreCase) ? false : throw Bad("sort_dir", "is asc or desc", value));

    private static long ReadNumber(string name, int least, ReadOnlySpan<char> value) =>
        ListQuery.ParseNumber(value, least) ?? throw Bad(name, ListQuery.NumberRule(least), value);

    private static ApiException Bad(string name, string rule, ReadOnlySpan<char> value) =>
        VbsErrors.Malformed($"'{name}' {rule}, not '{value}'");

    private static Parameter ParameterOf(ReadOnlySpan<char> name) =>
        name switch
        {
            "sort_key" => Parameter.SortKey,
            "sort_dir" => Parameter.SortDir,
            "limit" => Parameter.Limit,
            "offset" => Parameter.Offset,
            "marker" => Parameter.Marker,
            "job_id" => Parameter.JobId,
            "status" => Parameter.Status,
            _ => Parameter.None,
        };

    [Flags]
    private enum Parameter
    {
        None = 0,
        SortKey = 1,
        SortDir = 2,
        Limit = 4,
        Offset = 8,
        Marker = 16,
        JobId = 32,
        Status = 64,
    }
}
