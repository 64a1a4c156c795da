using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Keys;

/// <summary><c>key create|list|show|delete</c>: access keys, with which requests are signed.</summary>
internal static class KeyGroup
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "access",
        "user_id",
        "user_name",
        "description",
        "@create_time",
        "status",
    ];

    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("key", "Access keys (AK/SK), with which clients sign their requests.")
        {
            MakeCreate(server),
            MakeList(server),
            MakeShow(server),
            MakeDelete(server),
        };
        server.AddTo(group);
        return group;
    }

    private static Command MakeCreate(ServerOptions server)
    {
        var (user, output) = (User(), OutputOptions.OfObject());
        var description = CommonOptions.Description();
        var command = new Command("create", "Make an access key. Its secret is shown once.") { user, description, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var key = await api.Identity.CreateKeyAsync(
                    await FindAsync(api, parse.GetValue(user), cancel),
                    parse.GetValue(description),
                    cancel
                );
                if (output.IsJson(parse))
                {
                    JsonOut.Write(key);
                    return;
                }

                Tables.PrintFacts(
                    ("Access key", key.Text("access")),
                    ("Secret key", $"{key.Text("secret")} [grey](shown only now)[/]"),
                    ("User", Tables.Plain(key.Text("user_name")))
                );
            }
        );
        return command;
    }

    private static Command MakeList(ServerOptions server)
    {
        var (user, output) = (User(), OutputOptions.OfList());
        var command = new Command("list", "List access keys, without their secrets.") { user, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var keys = await api.Identity.ListKeysAsync(await FindAsync(api, parse.GetValue(user), cancel), cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(keys.Select(key => (key.Required("access"), key.Text("description"), key)), Fields))
                {
                    return;
                }

                Tables.Print(
                    ["Access key", "User", "Made (UTC)", "Description"],
                    keys.Select(key =>
                        new[]
                        {
                            key.Text("access") ?? "",
                            Tables.Plain(key.Text("user_name")),
                            Text.Time(key.Time("create_time")),
                            Tables.Plain(key.Text("description")),
                        }
                    ),
                    how
                );
            }
        );
        return command;
    }

    private static Command MakeShow(ServerOptions server)
    {
        var which = new Argument<string>("ACCESS_KEY") { Description = "An access key." };
        var output = OutputOptions.OfObject();
        var command = new Command("show", "Show one access key, without its secret.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var key = await api.Identity.GetKeyAsync(parse.GetRequiredValue(which), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(key);
                    return;
                }

                Tables.PrintFacts(
                    ("Access key", key.Text("access")),
                    ("User", Tables.Plain(key.Text("user_name"))),
                    ("Made", $"{Text.Time(key.Time("create_time"))} UTC"),
                    ("Description", Tables.Plain(key.Text("description")))
                );
            }
        );
        return command;
    }

    private static Command MakeDelete(ServerOptions server)
    {
        var which = new Argument<string>("ACCESS_KEY") { Description = "An access key." };
        var command = new Command("delete", "Revoke an access key. What is signed with it is refused from then on.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                await api.Identity.DeleteKeyAsync(parse.GetRequiredValue(which), cancel);
                Console.WriteLine($"Access key {parse.GetRequiredValue(which)} is revoked.");
            }
        );
        return command;
    }

    private static Option<string?> User() =>
        new("--user") { HelpName = "USER", Description = "Another user's, for an admin (name or id; one's own)." };

    private static async Task<string?> FindAsync(HoldfastApi api, string? user, CancellationToken cancel) =>
        user is null ? null : (await api.Identity.FindUserAsync(user, cancel)).Id;
}
