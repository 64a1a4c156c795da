using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>
/// A fixed body through everything that the task list passes, but the list: what a benchmark compares it with (bench/tasks). Only mapped
/// when
/// <c>Bench:FixedAnswer</c> says so.
/// </summary>
internal static class FixedAnswerEndpoint
{
    private const int MaxSize = 1024 * 1024;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v2/{project}/backuppolicy/{policy}/backuptasks-fixed", AnswerAsync).ExcludeFromDescription();

    private static byte[] _body = [];

    private static async Task AnswerAsync(HttpContext context)
    {
        var size =
            int.TryParse(context.Request.Query["size"], out var asked) && asked is >= 2 and <= MaxSize
                ? asked
                : throw VbsErrors.Malformed("'size' is a number of bytes from 2 to 1048576");
        var body = _body.Length == size ? _body : _body = [(byte)'"', .. Enumerable.Repeat((byte)'x', size - 2), (byte)'"'];
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
