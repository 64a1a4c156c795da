using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary><c>repo key</c>: what opens a repository. Works on the repository itself, also beside a service that runs.</summary>
internal static class RepoKeyGroup
{
    public static Command Make() =>
        new("key", "The keys that open a repository: key files and passphrases. With --repository; a service may run meanwhile.")
        {
            List(),
            Add(),
            Change(),
            Remove(),
            Kit(),
        };

    private static Command List()
    {
        var repository = new RepositoryOptionSet();
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the keys that open a repository.") { output };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) => OfflineKeys.ListAsync(repository.Require(parse), output.ReadList(parse), cancel)
        );
        return command;
    }

    private static Command Add()
    {
        var repository = new RepositoryOptionSet();
        var secret = new NewSecretOptions();
        var output = OutputOptions.OfObject();
        var command = new Command("add", "Let one more key file or passphrase open a repository. No data is touched.");
        repository.AddTo(command);
        secret.AddTo(command);
        output.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                OfflineKeys.AddAsync(
                    repository.Require(parse),
                    secret.Read(parse),
                    parse.GetValue(secret.Label),
                    output.IsJson(parse),
                    cancel
                )
        );
        return command;
    }

    private static Command Change()
    {
        var repository = new RepositoryOptionSet();
        var secret = new NewSecretOptions();
        var output = OutputOptions.OfObject();
        var command = new Command(
            "change",
            "Put a new key file or passphrase in the place of the one that is given. The old one goes when the new one was seen to open it."
        );
        repository.AddTo(command);
        secret.AddTo(command);
        output.AddTo(command);
        command.SetAction(
            (parse, cancel) =>
                OfflineKeys.ChangeAsync(
                    repository.Require(parse),
                    secret.Read(parse),
                    parse.GetValue(secret.Label),
                    output.IsJson(parse),
                    cancel
                )
        );
        return command;
    }

    private static Command Remove()
    {
        var repository = new RepositoryOptionSet();
        var key = new Argument<string>("KEY") { Description = "Id of the key, or the beginning of it." };
        var command = new Command("remove", "Let a key open a repository no more. The last one stays.") { key };
        repository.AddTo(command);
        command.SetAction(
            (parse, cancel) => OfflineKeys.RemoveAsync(repository.Require(parse), parse.GetRequiredValue(key), cancel)
        );
        return command;
    }

    private static Command Kit()
    {
        var repository = new RepositoryOptionSet();
        var command = new Command("kit", "Print a key file as a page for the safe: lines that can be typed again, each with its check.");
        repository.AddTo(command);
        command.SetAction((parse, cancel) => OfflineKeys.PrintKitAsync(repository.Require(parse), cancel));
        return command;
    }
}
