using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyCreate
{
    private const int DefaultDays = 1;
    private const int DefaultCount = 14;

    public static Command Make(ServerOptions server)
    {
        var name = new Argument<string>("NAME") { Description = "1 to 64 letters, digits, _ and -." };
        var schedule = new PolicyScheduleOptions();
        var off = new Option<bool>("--off") { Description = "Make it disabled: it fires only by 'policy execute' until it is enabled." };
        var tags = CommonOptions.Tags("A tag for the policy and its backups. May be repeated.");
        var output = OutputOptions.OfObject();
        var command = new Command(
            "create",
            $"Make a policy. Without --frequency or --week it fires every day; without --keep-count or --keep-days it keeps "
                + $"{DefaultCount} backups."
        )
        {
            name,
        };
        schedule.AddTo(command);
        foreach (var option in new Option[] { off, tags })
        {
            command.Options.Add(option);
        }

        output.AddTo(command);

        command.SetAction(
            async (parse, cancel) =>
            {
                var body = Body(
                    parse.GetRequiredValue(name),
                    schedule.ReadSchedule(parse),
                    schedule.ReadTimeZone(parse),
                    parse.GetValue(off),
                    parse.GetValue(tags) ?? []
                );
                using var api = server.Open(parse);
                var id = await api.CreatePolicyAsync(body, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(new PolicyMadeOut(id, parse.GetRequiredValue(name), id), VerbJson.Default.PolicyMadeOut);
                    return;
                }

                Console.WriteLine(
                    $"Policy '{parse.GetRequiredValue(name)}' is made: {id}. Give it volumes with 'holdfast policy associate'."
                );
            }
        );
        return command;
    }

    internal static PolicyRequest Body(string name, ScheduleRequest schedule, string? timeZone, bool off, string[] tags)
    {
        if (schedule.StartTime is null)
        {
            throw new UsageException("--start-time is missing: full hours in UTC, like 22:00 or 06:00,18:00.");
        }

        return new PolicyRequest
        {
            Name = name,
            Schedule = schedule with
            {
                Frequency = schedule.WeekFrequency is null ? schedule.Frequency ?? DefaultDays : null,
                KeepCount = schedule.KeepDays is null ? schedule.KeepCount ?? DefaultCount : null,
                Status = off ? "OFF" : "ON",
            },
            TimeZone = timeZone,
            Tags = tags.Length > 0 ? CommonOptions.ReadTags(tags) : null,
        };
    }
}
