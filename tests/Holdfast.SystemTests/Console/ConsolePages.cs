namespace Holdfast.SystemTests.Console;

/// <summary>Every page of the console, with things to show in it.</summary>
internal static class ConsolePages
{
    public static IReadOnlyList<(string Name, string Path)> Of(ConsoleFixture console) =>
        [
            ("overview", ""),
            ("volumes", "/volumes"),
            ("volumes-none-found", "/volumes?q=there-is-no-such"),
            ("volume", $"/volumes/{console.Volumes["database"]}"),
            ("volume-failed", $"/volumes/{console.Volumes["mail"]}"),
            ("volume-overdue", $"/volumes/{console.Volumes["media"]}"),
            ("volume-long-name", $"/volumes/{console.Volumes[ConsoleFixture.LongName]}"),
            ("volume-right-to-left", $"/volumes/{console.Volumes[ConsoleFixture.RightToLeft]}"),
            ("volume-new", "/volumes/new"),
            ("policies", "/policies"),
            ("policy", $"/policies/{console.Policy}?q=a"),
            ("policy-edit", $"/policies/{console.Policy}/edit"),
            ("policy-new", "/policies/new"),
            ("jobs", "/jobs"),
            ("jobs-of-policy", $"/jobs?policy={console.Policy}"),
            ("jobs-of-service", "/jobs?of=service"),
            ("job-failed", $"/jobs/{console.FailedJob}"),
            ("backups", "/backups"),
            ("backups-deleted", "/backups/deleted"),
            ("backup", $"/backups/{console.Backup}"),
            ("restore", $"/backups/{console.Backup}/restore"),
            ("drills", "/drills"),
            ("repository", "/repository"),
            ("users", "/users"),
            ("notifications", "/notifications"),
            ("audit", "/audit"),
            ("keys", "/keys"),
            ("project", "/project"),
            ("settings", "/settings"),
            ("not-found", "/no-such-page"),
        ];
}
