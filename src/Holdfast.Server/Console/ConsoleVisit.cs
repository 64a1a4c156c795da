using Holdfast.Control;
using Holdfast.Control.Users;

namespace Holdfast.Server.Console;

/// <summary>Who looks at a page, in which project.</summary>
/// <param name="Token">Good for a project.</param>
/// <param name="Secret">The token's, for calls of the API on behalf of who looks. Never in a page.</param>
/// <param name="Root">Where the console is as the browser reaches it, without a slash at the end.</param>
/// <param name="FormProof">What each form carries, so that no other site can send it.</param>
/// <param name="Theme"><c>auto</c>, <c>light</c> or <c>dark</c>.</param>
/// <param name="Note">What became of the last thing that was done; shown once.</param>
/// <param name="Here">The path and query of the page.</param>
/// <param name="Now">By the service's clock.</param>
/// <param name="IsKeystone">Whether users belong to an external Keystone.</param>
public sealed record ConsoleVisit(
    Token Token,
    string Secret,
    string Root,
    string FormProof,
    string Theme,
    ConsoleNote? Note,
    string Here,
    DateTimeOffset Now,
    bool IsKeystone
)
{
    public ProjectId Project => Token.Project?.Id ?? throw new InvalidOperationException("The token of a visit has a project.");

    public string ProjectName => Token.Project?.Name ?? "";

    public bool IsAdmin => Token.Roles.Contains(Role.Admin);

    /// <summary>Whether who looks may change policies and backups.</summary>
    public bool MayChange => Token.Roles.Any(role => role <= Role.Member);

    /// <param name="path">Below the console, with a slash in front; empty for the overview.</param>
    public string At(string path) => Root + path;

    public override string ToString() => $"{Token.Account.Name} in {ProjectName}";
}

/// <summary>What became of something that was done, for the next page.</summary>
public sealed record ConsoleNote(bool IsGood, string Text);
