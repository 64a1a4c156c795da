using System.CommandLine;

namespace Holdfast.Verbs;

internal static class RepoGroup
{
    public static Command Make() => new("repo", "Repositories, without a service.") { RepoInit.Make(), RepoStats.Make() };
}
