using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>What a reader of the page must know before the first request.</summary>
internal static class ApiIntroduction
{
    public static OpenApiInfo Make() =>
        new()
        {
            Title = "Holdfast",
            Version = typeof(ApiIntroduction).Assembly.GetName().Version?.ToString(3) ?? "0",
            Description = """
                A volume backup service that answers the Volume Backup Service API (VBS v2) and OpenStack's backup API.

                **To try it,** put a token into *Authentication*. `holdfast token issue` prints one, and with `--json` the id of its project
                too, which goes into the paths. Without the command line, *Identity / Get a token* (POST /identity/v3/auth/tokens) answers
                the token in the header `X-Subject-Token` and the project in `token.project.id`.
                """,
        };
}
