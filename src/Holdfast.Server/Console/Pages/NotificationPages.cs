using System.Text.Json.Nodes;
using Holdfast.Control.Notifications;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Who is told what goes wrong, and what became of the messages.</summary>
internal sealed class NotificationPages(
    ConsoleDoor door,
    PageWriter pages,
    NotifyTargets targets,
    NotifyRules rules,
    NotifyDeliveries deliveries
) : IEndpoints
{
    private const string Here = "/notifications";
    private const int MostDeliveries = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, Here, (context, visit) => ShowAsync(context, visit, null), Role.Admin);
        door.Act(routes, $"{Here}/targets", MakeTargetAsync, Role.Admin);
        door.Act(routes, $"{Here}/targets/{{target}}/test", TestAsync, Role.Admin);
        door.Act(routes, $"{Here}/targets/{{target}}/remove", RemoveTargetAsync, Role.Admin);
        door.Act(routes, $"{Here}/rules", MakeRuleAsync, Role.Admin);
        door.Act(routes, $"{Here}/rules/{{rule}}/remove", RemoveRuleAsync, Role.Admin);
    }

    private async Task ShowAsync(HttpContext context, ConsoleVisit visit, (string Name, string Secret)? made)
    {
        var cancel = context.RequestAborted;
        await pages.WriteAsync<NotificationsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Targets", await targets.ListAsync(visit.Project, cancel)),
            ("Rules", await rules.ListAsync(visit.Project, cancel)),
            ("Deliveries", await deliveries.ListAsync(visit.Project, null, MostDeliveries, cancel)),
            ("NewSecret", made)
        );
    }

    /// <summary>Answers with a secret that was made up at once: it is never told again.</summary>
    private async Task MakeTargetAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var (name, address) = (form["name"].ToString().Trim(), form["address"].ToString().Trim());
        var target = new JsonObject { ["name"] = name, ["kind"] = form["kind"].ToString() };
        if (form["kind"] == "email")
        {
            string[] recipients = address.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);
            target["recipients"] = new JsonArray([.. recipients.Select(one => (JsonNode)one)]);
        }
        else
        {
            target["url"] = address;
        }

        var reply = await door.CallAsync(context, visit, "POST", $"{Api(visit)}/targets", target);
        if (reply.IsGood && reply.Body.TextMember("secret") is { Length: > 0 } secret)
        {
            await ShowAsync(context, visit, (name, secret));
            return;
        }

        door.GoOn(context, Here, reply, $"'{name}' is told what goes wrong from now on. Send a test, to see whether it comes through.");
    }

    private async Task TestAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var reply = await door.CallAsync(context, visit, "POST", $"{Api(visit)}/targets/{PageQuery.Part(context, "target")}/test");
        if (!reply.IsGood)
        {
            door.GoOn(context, Here, reply, "");
            return;
        }

        var answer = reply.Body.TextMember("answer");
        door.GoOn(
            context,
            Here,
            reply.Body.GetProperty("delivered").GetBoolean()
                ? new ConsoleNote(true, $"The other side took the message. It said: {answer}")
                : new ConsoleNote(false, $"The message did not come through: {answer}")
        );
    }

    private async Task RemoveTargetAsync(HttpContext context, ConsoleVisit visit, IFormCollection form) =>
        door.GoOn(
            context,
            Here,
            await door.CallAsync(context, visit, "DELETE", $"{Api(visit)}/targets/{PageQuery.Part(context, "target")}"),
            "The target is told nothing more; its rules and messages are gone, too."
        );

    private async Task MakeRuleAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var events = form["event"].Where(one => !string.IsNullOrEmpty(one)).Select(one => (JsonNode)one!).ToArray();
        var rule = new JsonObject
        {
            ["target_id"] = form["target"].ToString(),
            ["events"] = events.Length == 0 ? null : new JsonArray(events),
            ["least_severity"] = form["least"].ToString(),
        };
        door.GoOn(
            context,
            Here,
            await door.CallAsync(context, visit, "POST", $"{Api(visit)}/rules", rule),
            "The rule holds from now on."
        );
    }

    private async Task RemoveRuleAsync(HttpContext context, ConsoleVisit visit, IFormCollection form) =>
        door.GoOn(
            context,
            Here,
            await door.CallAsync(context, visit, "DELETE", $"{Api(visit)}/rules/{PageQuery.Part(context, "rule")}"),
            "The rule is removed. A target without a rule is told what is usual."
        );

    private static string Api(ConsoleVisit visit) => $"/admin/v1/{visit.Project.Value}/notify";
}
