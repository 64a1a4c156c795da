using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>Metadata: an endpoint for people, whose refusals are pages and not JSON.</summary>
internal interface IErrorPage
{
    /// <param name="message">Why, for whoever asked.</param>
    Task WriteAsync(HttpContext context, int status, string message);
}
