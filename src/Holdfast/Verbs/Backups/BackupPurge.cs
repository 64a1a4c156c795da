using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupPurge
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string[]>("BACKUP")
        {
            Description = "Ids or names of deleted backups (holdfast backup list --deleted).",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command(
            "purge",
            "Remove deleted backups for good, before their time. What nobody else needs of their bytes goes with the next prune."
        )
        {
            which,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);

                // All are found before the first goes: a name that is mistyped must not leave half of them.
                var ids = new List<string>();
                foreach (var one in parse.GetRequiredValue(which))
                    ids.Add(await api.Operations.FindDeletedAsync(one, cancel));

                foreach (var id in ids)
                {
                    await api.Operations.PurgeAsync(id, cancel);
                    Console.WriteLine($"Backup {id} is being removed for good.");
                }
            }
        );
        return command;
    }
}
