using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Console.Sessions;

/// <summary>
/// How one gets into the console and out of it: by users of the service's own, or by those of a Keystone. A session is a token of either,
/// kept in the browser's cookie and nowhere else.
/// </summary>
internal interface IConsoleSessions
{
    /// <summary>By what the form of the page says. What it says of passwords and tokens is kept nowhere.</summary>
    Task<SignInOutcome> SignInAsync(HttpContext context, IFormCollection form);

    /// <summary>The projects in which who looks has a role; none where that cannot be told.</summary>
    Task<IReadOnlyList<(string Id, string Name)>> ProjectsAsync(HttpContext context, ConsoleVisit visit);

    /// <summary>Another session, for another project.</summary>
    /// <param name="project">Its id.</param>
    Task<SignInOutcome> ChangeAsync(HttpContext context, ConsoleVisit visit, string project);

    /// <summary>Ends the token, where it was made for the console.</summary>
    Task EndAsync(HttpContext context, ConsoleVisit visit);
}

/// <summary>What became of the wish to get in.</summary>
/// <param name="Secret">The token; null where it was refused.</param>
/// <param name="Message">Why it was refused.</param>
/// <param name="Status">Of HTTP, where it was refused.</param>
internal sealed record SignInOutcome(string? Secret, string Message = "", int Status = StatusCodes.Status401Unauthorized)
{
    /// <summary>Whether the token was made for the console, and so ends with the session.</summary>
    public bool IsMade { get; init; } = true;

    public static SignInOutcome Refused(string message, int status = StatusCodes.Status401Unauthorized) => new(null, message, status);

    public override string ToString() => Secret is null ? Message : "signed in";
}
