namespace Holdfast;

/// <summary>An example or two of each verb, as its help and the manual page show them. A test holds that every verb has one, and that the
/// parser takes each.</summary>
internal static class Examples
{
    /// <summary>Where the examples of verbs that need no service have their repository.</summary>
    private const string At = "--repository /srv/backup --key backup.key";

    private static readonly Dictionary<string, string[]> Of = new()
    {
        ["demo"] = ["demo", "demo --exit"],
        ["serve"] = ["serve --data /var/lib/holdfast", "serve --config /etc/holdfast/holdfast.json"],
        ["login"] = ["login --os-auth-url http://127.0.0.1:8776/identity/v3 --os-username admin --os-project-name default"],
        ["logout"] = ["logout"],
        ["status"] = ["status", "status --output json"],
        ["volume add"] = ["volume add db /dev/disk/by-id/virtio-db"],
        ["volume create"] = ["volume create scratch --size 10", "volume create db-copy --backup autobk_8f3a"],
        ["volume list"] = ["volume list --status available --sort name:asc", "volume list --output csv > volumes.csv"],
        ["volume show"] = ["volume show db"],
        ["volume set"] = ["volume set db --description 'orders and invoices' --property owner=shop"],
        ["volume extend"] = ["volume extend scratch 20"],
        ["volume reset-status"] = ["volume reset-status db --status available"],
        ["volume remove"] = ["volume remove db"],
        ["volume delete"] = ["volume delete scratch"],
        ["policy create"] =
        [
            "policy create nightly --start-time 22:00 --keep-count 14",
            "policy create weekly --start-time 03:00 --week SUN --keep-days 90 --time-zone UTC+02:00",
        ],
        ["policy list"] = ["policy list", "policy list --tag env=prod"],
        ["policy show"] = ["policy show nightly --preview"],
        ["policy update"] = ["policy update nightly --start-time 22:00,04:00 --keep-count 30"],
        ["policy enable"] = ["policy enable nightly"],
        ["policy disable"] = ["policy disable nightly"],
        ["policy delete"] = ["policy delete nightly"],
        ["policy associate"] = ["policy associate nightly db mail"],
        ["policy disassociate"] = ["policy disassociate nightly mail"],
        ["policy execute"] = ["policy execute nightly --wait"],
        ["policy tag add"] = ["policy tag add nightly env=prod team=shop"],
        ["policy tag remove"] = ["policy tag remove nightly team"],
        ["policy tag list"] = ["policy tag list nightly"],
        ["task list"] = ["task list nightly --status EXECUTE_FAIL", "task list nightly --limit 1000 --output csv"],
        ["job list"] = ["job list --kind restore-backup --limit 10"],
        ["job show"] = ["job show 01a2252dae8c7159a39e6ff7dfb37d15 --wait"],
        ["job cancel"] = ["job cancel 01a2252dae8c7159a39e6ff7dfb37d15"],
        ["audit list"] = ["audit list --actor anna --limit 20", "audit list --action DELETE --output csv > deleted.csv"],
        ["audit verify"] = ["audit verify"],
        ["job log"] = ["job log 01a2252dae8c7159a39e6ff7dfb37d15 --follow"],
        ["backup create"] = ["backup create db --name before-upgrade", $"backup create --source /dev/disk/by-id/virtio-db {At}"],
        ["backup list"] = ["backup list --volume db --output csv", $"backup list {At}"],
        ["backup show"] = ["backup show before-upgrade"],
        ["backup set"] = ["backup set before-upgrade --description 'keep until the audit'"],
        ["backup reset-status"] = ["backup reset-status before-upgrade --status available"],
        ["backup export-record"] = ["backup export-record before-upgrade > record.json"],
        ["backup import-record"] = ["backup import-record record.json"],
        ["backup verify"] = [$"backup verify latest {At}"],
        ["backup restore"] =
        [
            "backup restore before-upgrade --to /srv/restored.img",
            "backup restore before-upgrade --to-volume db --overwrite",
            $"backup restore latest --to restored.img {At}",
        ],
        ["backup delete"] = ["backup delete before-upgrade"],
        ["backup undelete"] = ["backup undelete before-upgrade"],
        ["backup purge"] = ["backup purge before-upgrade"],
        ["drill run"] = ["drill run db --wait"],
        ["drill list"] = ["drill list --volume db --limit 10"],
        ["share create"] = ["share create before-upgrade staging"],
        ["share list"] = ["share list", "share list --to-me"],
        ["share count"] = ["share count --to-me"],
        ["share show"] = ["share show 01a2252d-b737-7c9e-92b9-643cfc849dda"],
        ["share cancel"] = ["share cancel 01a2252d-b737-7c9e-92b9-643cfc849dda", "share cancel before-upgrade --all"],
        ["quota show"] = ["quota show"],
        ["quota set"] = ["quota set --backups 500 --volumes -1"],
        ["limit show"] = ["limit show"],
        ["limit set"] = ["limit set --read 104857600 --hours 08:00-18:00", "limit set --read 0 --hours always"],
        ["notify target add"] =
        [
            "notify target add ops --url https://hooks.example.org/holdfast",
            "notify target add people --email ops@example.org",
        ],
        ["notify target list"] = ["notify target list"],
        ["notify target remove"] = ["notify target remove ops"],
        ["notify rule add"] = ["notify rule add ops --least error", "notify rule add people --event digest"],
        ["notify rule list"] = ["notify rule list"],
        ["notify rule remove"] = ["notify rule remove 01a2252d-c2ad-7406-8f97-8233bc640472"],
        ["notify deliveries"] = ["notify deliveries --target ops --limit 20"],
        ["notify test"] = ["notify test ops"],
        ["repo init"] = [$"repo init {At}", "repo init --repository s3://bucket/prefix?endpoint=https://s3.example.org --key backup.key"],
        ["repo show"] = [$"repo show {At}"],
        ["repo stats"] = ["repo stats", $"repo stats {At}"],
        ["repo key list"] = [$"repo key list {At}"],
        ["repo key add"] = [$"repo key add --new-key second.key --label 'in the safe' {At}"],
        ["repo key change"] = [$"repo key change --new-key new.key {At}"],
        ["repo key remove"] = [$"repo key remove 3f9c {At}"],
        ["repo key kit"] = [$"repo key kit {At} > kit.txt"],
        ["repo rescue put"] = [$"repo rescue put holdfast-rescue-linux-x64.tar.gz {At}"],
        ["repo rescue list"] = [$"repo rescue list {At}"],
        ["repo rescue get"] = [$"repo rescue get --to /mnt/holdfast-rescue.tar.gz {At}"],
        ["repo copy"] = [$"repo copy --to /mnt/second {At}", $"repo copy --to /mnt/second --verify {At}"],
        ["repo check"] = ["repo check", $"repo check --read {At}", $"repo check --share 1/30 {At}"],
        ["repo repair"] =
        [
            $"repo repair --dry-run {At}",
            $"repo repair --from /mnt/second {At}",
            $"repo repair --from /mnt/second --backup BACKUP {At}",
        ],
        ["repo prune"] = ["repo prune --dry-run", $"repo prune {At}"],
        ["repo export"] = ["repo export --data /var/lib/holdfast"],
        ["repo rebuild"] = [$"repo rebuild --data /var/lib/holdfast-new {At}"],
        ["user create"] = ["user create ann --generate"],
        ["user list"] = ["user list --project default --role admin"],
        ["user show"] = ["user show ann"],
        ["user set"] = ["user set ann --disable"],
        ["user password"] = ["user password", "user password ann --generate"],
        ["user delete"] = ["user delete ann"],
        ["user grant"] = ["user grant ann --role member --project default"],
        ["user revoke"] = ["user revoke ann --role member --project default"],
        ["user recover"] = ["user recover --data /var/lib/holdfast --generate"],
        ["project create"] = ["project create staging"],
        ["project list"] = ["project list --mine"],
        ["project show"] = ["project show staging"],
        ["project rename"] = ["project rename staging testing"],
        ["project enable"] = ["project enable staging"],
        ["project disable"] = ["project disable staging"],
        ["project delete"] = ["project delete staging"],
        ["role list"] = ["role list"],
        ["key create"] = ["key create --description terraform"],
        ["key list"] = ["key list"],
        ["key show"] = ["key show SRZ7JWSPB0EHG0HIQ70X"],
        ["key delete"] = ["key delete SRZ7JWSPB0EHG0HIQ70X"],
        ["token issue"] = ["token issue --scope project"],
        ["token show"] = ["token show -"],
        ["token catalog"] = ["token catalog"],
        ["token revoke"] = ["token revoke -"],
        ["completion"] = ["completion bash"],
    };

    private static readonly Dictionary<string, string[]> OfRescue = new()
    {
        ["list"] = [$"list {At}", $"list {At} --output csv"],
        ["check"] = [$"check --read {At}"],
        ["restore"] = [$"restore latest --to restored.img {At}"],
    };

    /// <summary>Verbs that have examples, as they are typed behind <c>holdfast</c>.</summary>
    public static IEnumerable<string> Verbs => Of.Keys;

    /// <summary>Command lines behind the program's name, as a shell takes them; none of what is no verb.</summary>
    public static IReadOnlyList<string> Find(string program, string verb) =>
        (program == RescueProgram.Name ? OfRescue : Of).GetValueOrDefault(verb, []);
}
