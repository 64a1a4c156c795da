using Holdfast.Control.Backups;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Places;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Control.Restores;
using Holdfast.Control.Retention;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Sessions;
using Holdfast.Control.Shares;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Volumes;
using Holdfast.Control.Work;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Backups;

/// <summary>The control plane of one process, wired by hand on a catalog; the repository is real and its store in memory.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly TestBed _bed;
    private readonly Repository? _repository;

    private World(TestBed bed, Repository? repository, string folder, TimeSpan? patience = null)
    {
        Files = new(patience ?? TimeSpan.FromMinutes(10));
        _bed = bed;
        _repository = repository;
        var (db, clock) = (bed.Database, bed.Clock);
        Tasks = new(db, clock, Options.Create(new TaskOptions()));
        Jobs = new(db, clock);
        Logs = new(db, clock, NullLogger<JobLogStore>.Instance);
        Backups = new(db, clock);
        Policies = new(db, Tasks, Options.Create(new PolicyOptions { CreateDefault = false }), clock);
        PolicyVolumes = new(db, Tasks, Options.Create(new PolicyOptions()), clock);
        Places = new([
            new(Path.Combine(folder, "volumes"), "the folder of volumes"),
            new(Path.Combine(folder, "own"), "the service's own"),
        ]);
        Quotas = new(db, Options.Create(QuotaOptions));
        Volumes = new(db, Quotas, Places, clock);
        Removal = new(PolicyVolumes, new VolumeFileRemovals(db, NullLogger<VolumeFileRemovals>.Instance), clock);
        Service = new(db, Backups, Volumes, Jobs, Quotas, clock);
        Shares = new(db, Backups, clock);
        PolicyTags = new(db);
        Owned = new(
            db,
            Volumes,
            Quotas,
            Options.Create(VolumeOptions = new VolumeOptions { Folder = Path.Combine(folder, "volumes") }),
            clock
        );
        FromBackup = new(Service, Shares, Owned);
        Preview = new(Policies, PolicyVolumes, Backups, clock);
        JobLists = new(db);
        var runnerLog = NullLogger<RetentionRunner>.Instance;
        Retention = new(db, Policies, PolicyVolumes, Backups, Service, repository!, Made, Jobs, Logs, clock, runnerLog);
        Firing = new(db, Tasks, Jobs, Options.Create(Scheduling), clock, NullLogger<PolicyFiring>.Instance);
        Scheduler = new(Policies, Firing, Options.Create(Scheduling), clock, NullLogger<Scheduler>.Instance);
        var jobOptions = Options.Create(JobOptions);
        Sessions = new(db, Jobs, jobOptions, clock);
        Removals = new(db, Backups, Jobs, Quotas, clock);
        Drills = new(db, Jobs, clock);
        Ends = new(
            db,
            Jobs,
            Tasks,
            Logs,
            repository is null
                ? []
                :
                [
                    new CreateBackupHandler(
                        db,
                        Jobs,
                        Backups,
                        Volumes,
                        Quotas,
                        new RetentionForecast(Policies, PolicyVolumes, Backups, clock),
                        Made,
                        Sessions,
                        repository,
                        Files,
                        jobOptions,
                        clock,
                        NullLogger<CreateBackupHandler>.Instance
                    ),
                    new DeleteBackupHandler(
                        Backups,
                        Removals,
                        repository,
                        Options.Create(UpkeepOptions),
                        clock,
                        NullLogger<DeleteBackupHandler>.Instance
                    ),
                    new RestoreBackupHandler(
                        db,
                        Jobs,
                        Backups,
                        Volumes,
                        Sessions,
                        repository,
                        Files,
                        jobOptions,
                        clock,
                        NullLogger<RestoreBackupHandler>.Instance
                    ),
                    new DrillHandler(
                        Jobs,
                        Drills,
                        Backups,
                        Sessions,
                        repository,
                        new DrillFile(
                            repository,
                            Options.Create(UpkeepOptions),
                            Options.Create(VolumeOptions),
                            clock,
                            NullLogger<DrillFile>.Instance
                        )
                        {
                            Reserve = 0, // whatever else fills the disk
                        },
                        Options.Create(UpkeepOptions),
                        jobOptions,
                        clock,
                        NullLogger<DrillHandler>.Instance
                    ),
                    new PruneHandler(db, Jobs, PruneRuns = new PruneRuns(db, clock), repository, jobOptions, clock),
                    new CheckHandler(Jobs, Backups, new CheckTurns(db), new LostBackups(db, repository), repository, jobOptions, clock),
                    new CopyHandler(Jobs, new SecondCopyStore(db, clock), repository, new SecondCopyHere(this), jobOptions, clock),
                ],
            clock
        );
        Worker = new(Jobs, Ends, jobOptions, clock, NullLogger<JobWorker>.Instance);
        UpkeepWorker = new(Jobs, Ends, jobOptions, clock, NullLogger<JobWorker>.Instance, lane: JobLane.Upkeep);
        Rescuer = new(Jobs, Ends, jobOptions, clock, NullLogger<JobRescuer>.Instance);
    }

    public SchedulingOptions Scheduling { get; } = new();

    public JobOptions JobOptions { get; } = new();

    /// <summary>Deleted backups are gone at once, unless a test says otherwise.</summary>
    public UpkeepOptions UpkeepOptions { get; } = new() { KeepDeletedDays = 0 };

    /// <summary>None, unless a test says otherwise.</summary>
    public SecondCopyOptions SecondCopy { get; set; } = new();

    public SessionStore Sessions { get; }

    public BackupRemoval Removals { get; }

    public DrillStore Drills { get; }

    internal FileSystemCalls Files { get; }

    public TaskStore Tasks { get; }

    public JobStore Jobs { get; }

    public JobLogStore Logs { get; }

    public BackupStore Backups { get; }

    public PolicyStore Policies { get; }

    public PolicyVolumes PolicyVolumes { get; }

    public VolumeStore Volumes { get; }

    public BackupService Service { get; }

    public QuotaOptions QuotaOptions { get; } = new();

    public QuotaStore Quotas { get; }

    public ShareStore Shares { get; }

    public PolicyTags PolicyTags { get; }

    public ServicePlaces Places { get; }

    public VolumeOptions VolumeOptions { get; }

    public OwnedVolumes Owned { get; }

    public VolumeRemoval Removal { get; }

    public VolumeFromBackup FromBackup { get; }

    public BackupsMade Made { get; } = new();

    public RetentionRunner Retention { get; }

    public RetentionPreview Preview { get; }

    public JobLists JobLists { get; }

    public PolicyFiring Firing { get; }

    public Scheduler Scheduler { get; }

    public JobEnds Ends { get; }

    public JobWorker Worker { get; }

    /// <summary>Carries out the service's own upkeep.</summary>
    public JobWorker UpkeepWorker { get; }

    public PruneRuns? PruneRuns { get; }

    public JobRescuer Rescuer { get; }

    public Repository Repository => _repository ?? throw new InvalidOperationException("This world has no repository.");

    /// <summary>Without a repository: for what happens before a job runs.</summary>
    public static World WithoutRepository(TestBed bed) => new(bed, repository: null, Path.GetTempPath());

    /// <summary>Opens the repository in a store, or makes it. Several worlds on one store are several processes.</summary>
    /// <param name="patience">After which its jobs give a file system up that does not answer; so long, unless a test says otherwise, that
    /// no slow machine comes to it.</param>
    public static async Task<World> OpenAsync(
        TestBed bed,
        IObjectStore store,
        string folder,
        CancellationToken cancel,
        TimeSpan? patience = null
    )
    {
        var secret = new RepositorySecret.KeyFile(Path.Combine(folder, "key"));
        var cache = Path.Combine(folder, Path.GetRandomFileName());
        var repository = File.Exists(secret.Path)
            ? await Repository.OpenAsync(store, secret, cache, bed.Clock, cancel)
            : await Repository.CreateAsync(store, secret, new RepositoryOptions(), cache, bed.Clock, cancel);
        var world = new World(bed, repository, folder, patience);
        if (repository is not null)
        {
            await world.Sessions.AdoptAsync(repository, TestContext.Current.CancellationToken);
        }

        return world;
    }

    /// <summary>A new volume of the service's own.</summary>
    public async Task<Volume> MakeAsync(ProjectId project, NewVolume volume, CancellationToken cancel) =>
        Assert.IsType<CreateVolumeOutcome.Made>(await Owned.CreateAsync(project, volume, cancel)).Volume;

    /// <summary>Runs jobs until none is left to run now.</summary>
    public async Task RunJobsAsync(CancellationToken cancel)
    {
        do
        {
            while (await Worker.RunOnceAsync(_bed.Now, cancel)) { }

            await Retention.RunToldAsync(cancel);
        } while (await Worker.RunOnceAsync(_bed.Now, cancel));
    }

    public async Task<Volume> AddVolumeAsync(ProjectId project, string file, CancellationToken cancel) =>
        Assert.IsType<RegisterOutcome.Registered>(await Volumes.RegisterAsync(project, Path.GetFileName(file), file, cancel)).Volume;

    public async Task<Policy> AddPolicyAsync(ProjectId project, PolicyDraft draft, IEnumerable<VolumeId> volumes, CancellationToken cancel)
    {
        var policy = Assert.IsType<CreatePolicyOutcome.Created>(await Policies.CreateAsync(project, draft, cancel)).Policy;
        await PolicyVolumes.AssociateAsync(project, policy.Id, [.. volumes.Select(v => v.ToString())], cancel);
        return policy;
    }

    public async Task<IReadOnlyList<BackupTask>> TasksAsync(Policy policy, CancellationToken cancel) =>
        Assert
            .IsType<TaskQueryOutcome.Page>(
                await Tasks.QueryAsync(
                    new()
                    {
                        Project = policy.Project,
                        Policy = policy.Id,
                        Limit = 1000,
                        Ascending = true,
                    },
                    cancel
                )
            )
            .Tasks;

    public async ValueTask DisposeAsync()
    {
        Worker.Dispose();
        UpkeepWorker.Dispose();
        Rescuer.Dispose();
        Scheduler.Dispose();
        Retention.Dispose();
        await Tasks.DisposeAsync();
        if (_repository is not null)
        {
            await _repository.DisposeAsync();
        }
    }

    private sealed class SecondCopyHere(World world) : IOptions<SecondCopyOptions>
    {
        public SecondCopyOptions Value => world.SecondCopy;
    }
}
