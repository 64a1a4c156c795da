using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>
/// A path that names a project, <c>/v2/{project}/…</c> or <c>/admin/v1/{project}/…</c>, taken apart as routing does it: roots in letters of
/// whatever case.
/// </summary>
/// <param name="Resource">The segment after the project, or empty.</param>
internal readonly record struct ProjectPath(string Project, string Resource)
{
    private static readonly string[] Roots = ["/v1", "/v2", "/v3", "/admin/v1"];

    /// <summary>Null where no project is named: outside of these roots, or at one of them.</summary>
    public static ProjectPath? Of(PathString path)
    {
        foreach (var root in Roots)
        {
            if (path.StartsWithSegments(root, out var rest) && rest.Value?.Split('/', 4) is [_, { Length: > 0 } project, .. var below])
            {
                return new(project, below.Length > 0 ? below[0] : "");
            }
        }

        return null;
    }
}
