using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Notifications;

/// <summary><c>notify target add|list|remove</c>.</summary>
internal static class NotifyTargets
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "name",
        "kind",
        "url",
        "recipients",
        "@created_at",
    ];

    public static Command Make(ServerOptions server) =>
        new("target", "Who is told.") { MakeAdd(server), MakeList(server), MakeRemove(server) };

    private static Command MakeAdd(ServerOptions server)
    {
        var name = new Argument<string>("NAME") { Description = "1 to 64 printable characters." };
        var url = new Option<string?>("--url")
        {
            HelpName = "URL",
            Description = "A webhook: an address of http or https, as the service's machine reaches it. Redirects are not followed.",
        };
        var email = new Option<string[]>("--email") { HelpName = "ADDRESS", Description = "Mail to this address. May be repeated." };
        var secret = new Option<string?>("--secret-file")
        {
            HelpName = "FILE|-",
            Description = "What the webhook's messages are signed with: the first line of a file, or of standard input, 16 to 255 "
                + "characters. Without it one is made up and shown, once.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "add",
            "Tell a webhook, or people by mail, what goes wrong. Without a rule they are told what is usual."
        )
        {
            name,
            url,
            email,
            secret,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var request = ReadRequest(
                    parse.GetRequiredValue(name),
                    parse.GetValue(url),
                    parse.GetValue(email) ?? [],
                    parse.GetValue(secret)
                );
                using var api = server.Open(parse);
                var answer = await api.Notify.AddTargetAsync(request, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(answer);
                    return;
                }

                var target = NotifyTargetItem.Read(answer.Object("target") ?? answer);
                Tables.PrintFacts(
                    ("Target", Tables.Plain(target.Name)),
                    ("Id", target.Id),
                    ("Told at", Tables.Plain(target.Address)),
                    ("Secret", answer.Text("secret") is { } made ? $"{Tables.Plain(made)} [grey](shown only now)[/]" : null)
                );
                Console.WriteLine("Try it: holdfast notify test " + Shell.Word(target.Name));
            }
        );
        return command;
    }

    private static NotifyTargetRequest ReadRequest(string name, string? url, string[] email, string? secretFile) =>
        (url, email, secretFile) switch
        {
            ({ }, [], _) => new(name, "webhook", url, null, secretFile is null ? null : PasswordOptions.ReadFirstLine(secretFile)),
            (null, { Length: > 0 }, null) => new(name, "email", null, email, null),
            (null, { Length: > 0 }, _) => throw new UsageException("mail is not signed: leave --secret-file out."),
            _ => throw new UsageException("give either --url, or --email once or more often."),
        };

    private static Command MakeList(ServerOptions server)
    {
        var output = OutputOptions.OfList();
        var command = new Command("list", "List who is told.") { output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var targets = await api.Notify.ListTargetsAsync(cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(targets.Select(target => target.Raw), Fields))
                {
                    return;
                }

                Tables.Print(
                    ["Name", "Kind", "Told at", "Id"],
                    targets.Select(target =>
                        new[] { Tables.Plain(target.Name), target.Kind, Tables.Plain(target.Address), target.Id }
                    ),
                    how
                );
            }
        );
        return command;
    }

    private static Command MakeRemove(ServerOptions server)
    {
        var which = NotifyGroup.Target();
        var command = new Command("remove", "Tell a target nothing more. Its rules and messages go, too.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var target = await api.Notify.FindTargetAsync(parse.GetRequiredValue(which), cancel);
                await api.Notify.RemoveTargetAsync(target.Id, cancel);
                Console.WriteLine($"Target '{target.Name}' is told nothing more.");
            }
        );
        return command;
    }
}
