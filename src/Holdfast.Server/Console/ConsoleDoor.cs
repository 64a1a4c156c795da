using Holdfast.Control.Users;
using Holdfast.Server.Console.Pages;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console;

/// <summary>Metadata: a page or a form of the console, for whom.</summary>
internal sealed record NeedsSession(Role Role);

/// <summary>The one way into the console: a page that is mapped here cannot forget to ask who looks, nor a form whether it was
/// ours.</summary>
internal sealed class ConsoleDoor(
    ITokenSource tokens,
    PublicAddress address,
    ServerSettings settings,
    PageWriter pages,
    ApiCalls api,
    TimeProvider clock
) : IErrorPage
{
    private const int MostFormBytes = 256 * 1024;

    /// <summary>A page.</summary>
    /// <param name="pattern">Below the console.</param>
    public void Page(IEndpointRouteBuilder routes, string pattern, Func<HttpContext, ConsoleVisit, Task> show, Role needs = Role.Reader) =>
        routes
            .MapMethods(
                ConsoleAddress.Root + pattern,
                ["GET", "HEAD"],
                async context =>
                {
                    if (await FindVisitAsync(context, fresh: needs == Role.Admin) is not { } visit)
                    {
                        context.Response.Redirect(
                            $"{RootOf(context)}/sign-in?to={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}"
                        );
                        return;
                    }

                    Require(visit, needs);
                    await show(context, visit);
                }
            )
            .OpenToAll()
            .ExcludeFromDescription()
            .WithMetadata(new NeedsSession(needs), this);

    /// <summary>What a form does.</summary>
    public void Act(
        IEndpointRouteBuilder routes,
        string pattern,
        Func<HttpContext, ConsoleVisit, IFormCollection, Task> act,
        Role needs = Role.Member
    ) =>
        routes
            .MapPost(
                ConsoleAddress.Root + pattern,
                async context =>
                {
                    RefuseForeign(context);
                    var visit =
                        await FindVisitAsync(context, fresh: true)
                        ?? throw new ApiException(StatusCodes.Status401Unauthorized, "", "your session has ended; sign in again");
                    var form = await ReadFormAsync(context);
                    if (!ConsoleCookies.IsFormProof(form["proof"].ToString(), visit.Secret))
                    {
                        throw new ApiException(
                            StatusCodes.Status403Forbidden,
                            "",
                            "this form is of another session; go back, load the page again and repeat it"
                        );
                    }

                    if (form["project"].ToString() != visit.Project.Value)
                    {
                        throw new ApiException(
                            StatusCodes.Status409Conflict,
                            "",
                            $"this form is of another project than '{visit.ProjectName}', which you have changed to since; nothing was done"
                        );
                    }

                    Require(visit, needs);
                    await act(context, visit, form);
                }
            )
            .OpenToAll()
            .ExcludeFromDescription()
            .WithMetadata(new NeedsSession(needs), this);

    /// <summary>What is there for those who are not signed in.</summary>
    public void Open(IEndpointRouteBuilder routes, string pattern, string? method, RequestDelegate answer) =>
        (
            method is null
                ? routes.Map(ConsoleAddress.Root + pattern, answer)
                : routes.MapMethods(ConsoleAddress.Root + pattern, [method], answer)
        )
            .OpenToAll()
            .ExcludeFromDescription()
            .WithMetadata(this);

    /// <summary>Goes on to a page, with a note of what was done.</summary>
    public void GoOn(HttpContext context, string path, ConsoleNote? note = null)
    {
        var root = RootOf(context);
        if (note is not null)
        {
            ConsoleCookies.Tell(context, root, note);
        }

        PageWriter.Protect(context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = root + path;
    }

    /// <summary>Goes on to a page, with what the API said to what was asked of it.</summary>
    public void GoOn(HttpContext context, string path, ApiReply reply, string done) =>
        GoOn(context, path, reply.IsGood ? new ConsoleNote(true, done) : new ConsoleNote(false, reply.Message));

    public Task<ApiReply> CallAsync(
        HttpContext context,
        ConsoleVisit visit,
        string method,
        string target,
        System.Text.Json.Nodes.JsonNode? body = null
    ) => api.SendAsync(context, visit.Secret, method, target, body);

    public string RootOf(HttpContext context) =>
        new Uri(address.Of(context)).AbsolutePath.TrimEnd('/') + ConsoleAddress.Root;

    /// <summary>Null when nobody is signed in, or nobody any more.</summary>
    public async Task<ConsoleVisit?> FindVisitAsync(HttpContext context, bool fresh)
    {
        if (ConsoleCookies.SessionOf(context.Request) is not { } secret)
        {
            return null;
        }

        var token = await (
            fresh ? tokens.FindFreshAsync(secret, context.RequestAborted) : tokens.FindAsync(secret, context.RequestAborted)
        );
        return token is { Project: not null, Roles.Count: > 0 } ? VisitOf(context, token, secret) : null;
    }

    /// <summary>Refuses what another site's page has sent here. Browsers say where it comes from; what is no browser has no
    /// session.</summary>
    public void RefuseForeign(HttpContext context)
    {
        var headers = context.Request.Headers;
        var origin = headers.Origin.ToString();
        var isForeign = headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
            ? site is not ("same-origin" or "none")
            : origin.Length > 0 && origin != new Uri(address.Of(context)).GetLeftPart(UriPartial.Authority);
        if (isForeign)
        {
            throw new ApiException(StatusCodes.Status403Forbidden, "", "another site's page sent this; nothing was done");
        }
    }

    public static async Task<IFormCollection> ReadFormAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentLength > MostFormBytes)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "", "this is no form of the console");
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (InvalidDataException e)
        {
            throw new BadHttpRequestException("The form cannot be read.", StatusCodes.Status400BadRequest, e);
        }
    }

    async Task IErrorPage.WriteAsync(HttpContext context, int status, string message)
    {
        ConsoleVisit? visit = null;
        try
        {
            visit = status == StatusCodes.Status503ServiceUnavailable ? null : await FindVisitAsync(context, fresh: false);
        }
        catch (Exception e) when (PassingTrouble.Is(e))
        {
            // The page does without.
        }

        await pages.WriteAsync<TroublePage>(
            context,
            status,
            ("Visit", visit),
            ("Root", RootOf(context)),
            ("Theme", ConsoleCookies.ThemeOf(context.Request)),
            ("Status", status),
            ("Message", message)
        );
    }

    public static ApiException NotFound(string message) => new(StatusCodes.Status404NotFound, "", message);

    private ConsoleVisit VisitOf(HttpContext context, Token token, string secret)
    {
        var root = RootOf(context);
        return new ConsoleVisit(
            token,
            secret,
            root,
            ConsoleCookies.FormProofOf(secret),
            ConsoleCookies.ThemeOf(context.Request),
            HttpMethods.IsGet(context.Request.Method) ? ConsoleCookies.TakeNote(context, root) : null,
            context.Request.Path + context.Request.QueryString,
            clock.GetUtcNow(),
            settings.IsKeystone
        );
    }

    private static void Require(ConsoleVisit visit, Role needs)
    {
        if (!visit.Token.Roles.Any(role => role <= needs))
        {
            throw new ApiException(
                StatusCodes.Status403Forbidden,
                "",
                $"this needs the role {needs.ToString().ToLowerInvariant()} in project '{visit.ProjectName}'"
            );
        }
    }
}
