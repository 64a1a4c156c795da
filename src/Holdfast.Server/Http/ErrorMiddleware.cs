using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Http;

/// <summary>The one place where trouble becomes an answer. Every refusal, the framework's own included, has the body of its path's family;
/// what is our fault is logged with its exception and told without it.</summary>
internal sealed class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> log)
{
    /// <summary>The longest target that is looked at, in characters. Kestrel takes longer ones, so that the refusal can have the body of
    /// the path's family.</summary>
    private const int MaxTarget = 8 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        var id = TellId(context.Response.Headers);
        try
        {
            if (context.Features.Get<IHttpRequestFeature>()?.RawTarget.Length > MaxTarget)
            {
                throw new BadHttpRequestException("The target is too long.", StatusCodes.Status414UriTooLong);
            }

            await next(context);
            if (context.Response is { StatusCode: >= 400, HasStarted: false, ContentLength: null or 0 })
            {
                await WriteAsync(context, context.Response.StatusCode, code: null, TextOf(context, context.Response.StatusCode));
            }
        }
        catch (Exception e)
            when (e is ConnectionResetException
                || (e is OperationCanceledException && (e.InnerException is IOException || context.RequestAborted.IsCancellationRequested))
            )
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, e, id);
        }
    }

    /// <summary>Gives an answer the id by which the log knows its request.</summary>
    public static string TellId(IHeaderDictionary headers)
    {
        var id = $"req-{Guid.CreateVersion7():D}";
        headers["X-Openstack-Request-Id"] = id;
        headers["X-Compute-Request-Id"] = id;
        return id;
    }

    private async Task AnswerAsync(HttpContext context, Exception error, string id)
    {
        switch (error)
        {
            case ApiException refusal:
                await WriteAsync(context, refusal.Status, refusal.Code, refusal.Message);
                break;
            case BadHttpRequestException bad:
                await WriteAsync(context, bad.StatusCode, code: null, TextOf(context, bad.StatusCode));
                break;
            case TooManyTriesException:
                context.Response.Headers.RetryAfter = "5";
                await WriteAsync(
                    context,
                    StatusCodes.Status429TooManyRequests,
                    code: null,
                    "too many logins at once; try again in a few seconds"
                );
                break;
            case HoldfastException { Kind: FailureKind.Refused } refused:
                await WriteAsync(context, StatusCodes.Status400BadRequest, code: null, refused.Message);
                break;
            case var passing when PassingTrouble.Is(passing):
                ServerLog.Unavailable(log, error, context.Request.Method, context.Request.Path);
                await WriteAsync(
                    context,
                    StatusCodes.Status503ServiceUnavailable,
                    code: null,
                    $"the service cannot answer now; /healthz says which part of it is ill. Try again later (request {id})"
                );
                break;
            default:
                ServerLog.Failed(log, error, context.Request.Method, context.Request.Path);
                await WriteAsync(
                    context,
                    StatusCodes.Status500InternalServerError,
                    code: null,
                    $"the service failed; its log says why (request {id})"
                );
                break;
        }
    }

    private static string TextOf(HttpContext context, int status) =>
        status switch
        {
            StatusCodes.Status400BadRequest => "the body cannot be read",
            StatusCodes.Status404NotFound => $"there is nothing at '{context.Request.Path}'",
            StatusCodes.Status405MethodNotAllowed => $"'{context.Request.Path}' does not take {context.Request.Method}",
            StatusCodes.Status413PayloadTooLarge => "the body is too large",
            StatusCodes.Status415UnsupportedMediaType => "the body must be application/json",
            _ => ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant(),
        };

    private static Task WriteAsync(HttpContext context, int status, string? code, string message)
    {
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "5";
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<IErrorPage>() is { } page)
        {
            return page.WriteAsync(context, status, message);
        }

        var body = ErrorBody.Of(ApiFamilies.Of(context.Request.Path), status, code, message);
        context.Features.Set(new ToldError(body.Code));
        return JsonAnswer.WriteAsync(context, status, body, ErrorBody.Write);
    }
}

/// <summary>With which code a request was refused, for what looks at the answer afterwards.</summary>
internal sealed record ToldError(string Code);
