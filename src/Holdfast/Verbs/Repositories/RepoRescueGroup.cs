using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary><c>repo rescue</c>: the program that restores, kept beside what it restores.</summary>
internal static class RepoRescueGroup
{
    public static Command Make() =>
        new("rescue", "Files kept in a repository for the bad day, like holdfast-rescue. With --repository; a service may run meanwhile.")
        {
            Put(),
            List(),
            Get(),
        };

    private static Command Put()
    {
        var repository = new RepositoryOptionSet();
        var file = new Argument<string>("FILE") { Description = "The file, like holdfast-rescue-linux-x64.tar.gz. Its name is kept." };
        var command = new Command("put", "Keep a file in a repository, in place of the one of its name.") { file };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) => OfflineRescue.PutAsync(repository.Require(parse), parse.GetRequiredValue(file), cancel)
        );
        return command;
    }

    private static Command List()
    {
        var repository = new RepositoryOptionSet();
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the files kept in a repository.") { output };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) => OfflineRescue.ListAsync(repository.Require(parse), output.ReadList(parse), cancel)
        );
        return command;
    }

    private static Command Get()
    {
        var repository = new RepositoryOptionSet();
        var name = new Argument<string?>("NAME")
        {
            Description = "Which; not needed where there is one.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var to = new Option<string?>("--to") { Description = "The file to write; else one of its name, here.", HelpName = "FILE" };
        var command = new Command("get", "Write a file that is kept in a repository, if it is still what was put.") { name, to };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) => OfflineRescue.GetAsync(repository.Require(parse), parse.GetValue(name), parse.GetValue(to), cancel)
        );
        return command;
    }
}
