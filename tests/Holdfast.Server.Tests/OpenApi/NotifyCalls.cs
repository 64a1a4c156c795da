using System.Text.Json;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>The part of the walk through the API that is about notifications.</summary>
internal static class NotifyCalls
{
    /// <summary>Nobody listens at the target's address: its messages wait.</summary>
    public static async Task MakeAsync(OperationCalls calls)
    {
        const string targets = "/admin/v1/{project}/notify/targets";
        const string rules = "/admin/v1/{project}/notify/rules";
        var (gone, _) = await calls.CallAsync($"POST {targets}", """{"name": "gone", "kind": "webhook", "url": "http://127.0.0.1:9/"}""");
        calls.Path["notify_target"] = IdOf(gone, "target");
        await calls.CallAsync($"DELETE {targets}/{{notify_target}}");
        var (made, _) = await calls.CallAsync($"POST {targets}", """{"name": "one", "kind": "webhook", "url": "http://127.0.0.1:9/"}""");
        var target = calls.Path["notify_target"] = IdOf(made, "target");
        await calls.CallAsync($"PUT {targets}/{{notify_target}}", """{"name": "on-call", "secret": "sixteen-or-more-characters"}""");
        await calls.CallAsync($"POST {targets}/{{notify_target}}/test");
        calls.Path["notify_rule"] = IdOf(
            (await calls.CallAsync($"POST {rules}", $$"""{"target_id": "{{target}}", "events": ["digest"]}""")).Body,
            "rule"
        );
        await calls.CallAsync($"DELETE {rules}/{{notify_rule}}");
        calls.Path["notify_rule"] = IdOf(
            (await calls.CallAsync($"POST {rules}", $$"""{"target_id": "{{target}}"}""")).Body,
            "rule"
        );
        await calls.CallAsync($"PUT {rules}/{{notify_rule}}", """{"events": ["volume_failed"], "least_severity": "error"}""");
    }

    private static string IdOf(JsonElement body, string what) => body.GetProperty(what).GetProperty("id").GetString() ?? "";
}
