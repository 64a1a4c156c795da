using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Users;

/// <summary><c>user create|show|set|password|delete</c>.</summary>
internal static class UserVerbs
{
    public static Command MakeCreate(ServerOptions server)
    {
        var name = new Argument<string>("NAME") { Description = "1 to 64 printable characters." };
        var password = new PasswordOptions();
        var output = OutputOptions.OfObject();
        var command = new Command("create", "Make a user. They may do nothing until 'user grant' gives them a role.") { name, output };
        password.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var (secret, generated) = password.Read(parse);
                var user = await api.Identity.CreateUserAsync(
                    new UserMembers { Name = parse.GetRequiredValue(name), Password = secret },
                    cancel
                );
                if (output.IsJson(parse))
                {
                    JsonOut.Write(new UserMadeOut(user.Id, user.Name, generated ? secret : null), VerbJson.Default.UserMadeOut);
                    return;
                }

                Console.WriteLine(
                    $"User '{user.Name}' is made: {user.Id}.{(generated ? $" The password is {secret}; it is shown only now." : "")} "
                        + $"Give them a role with 'holdfast user grant'."
                );
            }
        );
        return command;
    }

    public static Command MakeShow(ServerOptions server)
    {
        var (which, output) = (User(), OutputOptions.OfObject());
        var command = new Command("show", "Show one user and their roles; those who are no admin, themselves.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var user = await api.Identity.FindUserAsync(parse.GetRequiredValue(which), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(user.Raw);
                    return;
                }

                var roles = (await api.Identity.AssignmentsAsync(projectId: null, role: null, cancel))
                    .Where(one => one.Object("user")?.Text("id") == user.Id)
                    .Select(UserList.Words);
                Tables.PrintFacts(
                    ("Id", user.Id),
                    ("Name", Tables.Plain(user.Name)),
                    ("On", Tables.State(user.Enabled ? "ON" : "OFF")),
                    ("Roles", Tables.Plain(string.Join(", ", roles)))
                );
            }
        );
        return command;
    }

    public static Command MakeSet(ServerOptions server)
    {
        var which = User();
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "What to call them from now on." };
        var enable = new Option<bool>("--enable") { Description = "Let them in again." };
        var disable = new Option<bool>("--disable") { Description = "Let them in no more, whatever tokens and keys they have." };
        var command = new Command("set", "Rename, enable or disable a user.") { which, name, enable, disable };
        command.SetAction(
            async (parse, cancel) =>
            {
                if (parse.GetValue(enable) && parse.GetValue(disable))
                {
                    throw new UsageException("--enable and --disable exclude each other; give one of them.");
                }

                var members = new UserMembers
                {
                    Name = parse.GetValue(name),
                    Enabled = parse.GetValue(enable) == parse.GetValue(disable) ? null : parse.GetValue(enable),
                };
                if (members is { Name: null, Enabled: null })
                {
                    throw new UsageException("nothing to change: give --name, --enable or --disable.");
                }

                using var api = server.Open(parse);
                var user = await api.Identity.FindUserAsync(parse.GetRequiredValue(which), cancel);
                await api.Identity.UpdateUserAsync(user.Id, members, cancel);
                Console.WriteLine($"User '{parse.GetValue(name) ?? user.Name}' is changed.");
            }
        );
        return command;
    }

    public static Command MakePassword(ServerOptions server)
    {
        var which = new Argument<string?>("USER")
        {
            Description = "Name or id of a user, for an admin; without it, one's own.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var password = new PasswordOptions();
        var command = new Command("password", "Give a user a new password. It ends their tokens; their access keys stay, see 'key list'.")
        {
            which,
        };
        password.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var (secret, generated) = password.Read(parse);
                var settings = api.Connection.Settings;
                if (parse.GetValue(which) is { } name)
                {
                    var user = await api.Identity.FindUserAsync(name, cancel);
                    await api.Identity.UpdateUserAsync(user.Id, new UserMembers { Password = secret }, cancel);
                }
                else
                {
                    await api.Identity.ChangeOwnPasswordAsync(
                        (await api.Connection.SessionAsync(cancel)).UserId,
                        settings.Password,
                        secret,
                        cancel
                    );
                }

                Console.WriteLine(
                    $"User '{parse.GetValue(which) ?? settings.User}' has a new "
                        + $"password.{(generated ? $" It is {secret}; it is shown only now." : "")} Their access keys stay; 'holdfast "
                        + $"key list' shows them."
                );
            }
        );
        return command;
    }

    public static Command MakeDelete(ServerOptions server)
    {
        var which = User();
        var command = new Command("delete", "Delete a user, with roles and access keys. What projects own stays.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var user = await api.Identity.FindUserAsync(parse.GetRequiredValue(which), cancel);
                await api.Identity.DeleteAsync("user", user.Id, cancel);
                Console.WriteLine($"User '{user.Name}' is deleted.");
            }
        );
        return command;
    }

    private static Argument<string> User() => new("USER") { Description = "Name or id of a user." };
}
