namespace Holdfast.Server.Metrics;

/// <summary>Every metric of the service; there is none beside these. docs/metrics.md lists them, and a test compares. Names are
/// never changed: alerts of others rely on them.</summary>
internal static class MetricFamilies
{
    private const string Gauge = "gauge";
    private const string Counter = "counter";

    // The process.
    public static readonly MetricFamily Build = new(
        "holdfast_build_info",
        Gauge,
        "Always 1; the version that answers.",
        "version"
    );
    public static readonly MetricFamily CatalogUp = new(
        "holdfast_catalog_up",
        Gauge,
        "1 where the catalog answered this scrape; 0 where it did not, and then all that it knows is missing."
    );
    public static readonly MetricFamily Ready = new(
        "holdfast_ready",
        Gauge,
        "1 where a part that the service stands on is well, else 0; the parts of /health/ready.",
        "part"
    );
    public static readonly MetricFamily RequestDuration = new(
        "holdfast_http_request_duration_seconds",
        "histogram",
        "From a request's arrival to the end of its answer, by the pattern of its route; none where no route is for it.",
        "route",
        "method",
        "status"
    );
    public static readonly MetricFamily StoreRequests = new(
        "holdfast_store_requests_total",
        Counter,
        "Requests that this process sent to the repository's object store; none for a repository in a folder.",
        "verb"
    );
    public static readonly MetricFamily StoreErrors = new(
        "holdfast_store_request_errors_total",
        Counter,
        "Of these, the ones that were not answered, or answered with an error.",
        "verb"
    );
    public static readonly MetricFamily StoreSent = new(
        "holdfast_store_sent_bytes_total",
        Counter,
        "Bytes of objects that were put into the object store."
    );
    public static readonly MetricFamily StoreReceived = new(
        "holdfast_store_received_bytes_total",
        Counter,
        "Bytes of objects that were read from the object store."
    );

    // All projects together, from the catalog.
    public static readonly MetricFamily Tasks = new(
        "holdfast_task_total",
        Gauge,
        "Backup tasks of all policies that the catalog keeps, by their status in the API.",
        "status"
    );
    public static readonly MetricFamily Queued = new(
        "holdfast_jobs_queued",
        Gauge,
        "Jobs that no worker has, those that wait for another attempt among them.",
        "lane",
        "kind"
    );
    public static readonly MetricFamily Running = new("holdfast_jobs_running", Gauge, "Jobs that a worker has.", "lane", "kind");
    public static readonly MetricFamily OldestQueued = new(
        "holdfast_jobs_oldest_queued_age_seconds",
        Gauge,
        "Seconds since the oldest of the queued jobs was ordered; missing where none is queued.",
        "lane",
        "kind"
    );
    public static readonly MetricFamily UpkeepSuccess = new(
        "holdfast_upkeep_last_success",
        Gauge,
        "1 where the last job of this kind of upkeep succeeded, else 0; a check that finds damage does not. Missing until one has ended.",
        "kind"
    );
    public static readonly MetricFamily UpkeepEnd = new(
        "holdfast_upkeep_last_end_age_seconds",
        Gauge,
        "Seconds since the last job of this kind of upkeep ended, well or not.",
        "kind"
    );
    public static readonly MetricFamily PruneEnd = new(
        "holdfast_prune_last_end_age_seconds",
        Gauge,
        "Seconds since the last prune that came to its end."
    );
    public static readonly MetricFamily PruneFreed = new(
        "holdfast_prune_last_freed_bytes",
        Gauge,
        "Bytes of the objects that it deleted."
    );
    public static readonly MetricFamily PruneMissing = new(
        "holdfast_prune_last_missing_items",
        Gauge,
        "Chunks that backups need and that it found nowhere: damage."
    );

    // A volume, from the catalog.
    public static readonly MetricFamily VolumeInfo = OfVolume(
        "holdfast_volume_info",
        "Always 1; the ids behind the names.",
        "project_id",
        "volume_id"
    );
    public static readonly MetricFamily Protected = OfVolume("holdfast_volume_protected", "1 where the volume has a good backup, else 0.");
    public static readonly MetricFamily State = OfVolume(
        "holdfast_volume_state",
        "Always 1, with the gravest thing that can be said of the volume: protected, waiting, unprotected, overdue, failed, damaged.",
        "state"
    );
    public static readonly MetricFamily GoodAge = OfVolume(
        "holdfast_volume_last_good_backup_age_seconds",
        "Seconds since the volume's newest good backup was begun; missing where it has none."
    );
    public static readonly MetricFamily GoodDuration = OfVolume(
        "holdfast_volume_last_good_backup_duration_seconds",
        "Seconds from the order of that backup to its end."
    );
    public static readonly MetricFamily GoodRead = OfVolume(
        "holdfast_volume_last_good_backup_read_bytes",
        "Bytes of the volume that were read for it."
    );
    public static readonly MetricFamily GoodNew = OfVolume(
        "holdfast_volume_last_good_backup_new_bytes",
        "Plain bytes of the chunks, each counted whole, that the repository did not have."
    );
    public static readonly MetricFamily GoodStored = OfVolume(
        "holdfast_volume_last_good_backup_stored_bytes",
        "Bytes that the repository grew by."
    );
    public static readonly MetricFamily VerdictAge = OfVolume(
        "holdfast_volume_last_good_backup_verdict_age_seconds",
        "Seconds since stored bytes of that backup were last looked at, and found whole; missing where nobody has."
    );
    public static readonly MetricFamily Damaged = OfVolume(
        "holdfast_volume_damaged_backups",
        "Backups of the volume that were found damaged."
    );
    public static readonly MetricFamily LastSuccess = OfVolume(
        "holdfast_volume_last_backup_success",
        "1 where the last order to back the volume up succeeded, else 0; missing until one has ended."
    );
    public static readonly MetricFamily LastEnd = OfVolume(
        "holdfast_volume_last_backup_end_age_seconds",
        "Seconds since that order ended."
    );
    public static readonly MetricFamily Failures = OfVolume(
        "holdfast_volume_failures_in_a_row",
        "Orders to back the volume up that failed since the last one that succeeded."
    );
    public static readonly MetricFamily ProvenAge = OfVolume(
        "holdfast_volume_last_proven_restore_age_seconds",
        "Seconds since a drill proved that a backup of the volume can be restored; missing where none has."
    );
    public static readonly MetricFamily DrillSuccess = OfVolume(
        "holdfast_volume_last_drill_success",
        "1 where the volume's last drill proved it restorable, else 0; missing until one has ended."
    );

    public static IReadOnlyList<MetricFamily> All { get; } =
    [
        Build,
        CatalogUp,
        Ready,
        RequestDuration,
        StoreRequests,
        StoreErrors,
        StoreSent,
        StoreReceived,
        Tasks,
        Queued,
        Running,
        OldestQueued,
        UpkeepSuccess,
        UpkeepEnd,
        PruneEnd,
        PruneFreed,
        PruneMissing,
        VolumeInfo,
        Protected,
        State,
        GoodAge,
        GoodDuration,
        GoodRead,
        GoodNew,
        GoodStored,
        VerdictAge,
        Damaged,
        LastSuccess,
        LastEnd,
        Failures,
        ProvenAge,
        DrillSuccess,
    ];

    private static MetricFamily OfVolume(string name, string help, params string[] labels) =>
        new(name, Gauge, help, ["project", "volume", .. labels]);
}
