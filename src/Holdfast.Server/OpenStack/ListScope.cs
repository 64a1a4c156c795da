using Holdfast.Control;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>Of which projects a list has items: of the path's, or, where an admin asks for all of them (<c>all_tenants</c>), of every one
/// or the one that is named.</summary>
/// <param name="Project">Null for all.</param>
/// <param name="IsEmpty">Only what the caller is not shown is asked for.</param>
internal sealed record ListScope(ProjectId? Project, bool IsEmpty)
{
    public static ListScope Of(HttpContext context)
    {
        var (caller, query) = (context.Caller(), context.Request.Query);
        var named = ((string[])["project_id", "tenant_id"])
            .SelectMany(name => query[name])
            .Where(value => !string.IsNullOrEmpty(value))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return !ListQuery.ReadSwitch(query, "all_tenants") || !caller.IsAdmin
                ? new(caller.Project, named.Any(name => name != caller.Project.Value))
            : named is [{ } only] ? new(new ProjectId(only), IsEmpty: false)
            : new(null, IsEmpty: named.Count > 1);
    }
}
