using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Notifications;
using Holdfast.Control.Processes;
using Holdfast.Control.Projects;
using Holdfast.Control.Protection;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Notifications;

/// <summary>What tells in one process, wired by hand.</summary>
internal sealed class NotifyWorld : IDisposable
{
    public static readonly NotificationSettings NoMail = new("07:00", "https://backup.example.com/", null);

    public NotifyWorld(
        CatalogDatabase database,
        Repository repository,
        TestBed bed,
        NotificationSettings? settings = null,
        string machine = "here"
    )
    {
        var (clock, set) = (bed.Clock, settings ?? NoMail);
        Targets = new(database, repository, set, clock);
        Rules = new(database, clock);
        Deliveries = new(database, clock);
        Post = new(set, clock);
        Test = new(new ProjectStore(database, clock), Targets, Deliveries, Post, set, clock);
        Sender = new(database, Deliveries, Targets, Post, clock, NullLogger<NotifySender>.Instance);
        Watcher = new(
            database,
            new ProtectionStore(database, clock),
            new ProcessStore(database),
            Deliveries,
            new JobStore(database, clock),
            new UpkeepEnds(database, new SecondCopyHere(this), clock),
            new ServiceParts(machine, () => Task.FromResult<IReadOnlyList<ServicePart>>(Parts)),
            set,
            clock,
            NullLogger<NotifyWatcher>.Instance
        );
    }

    /// <summary>None, unless a test says otherwise.</summary>
    public SecondCopyPlace? SecondCopy { get; set; }

    /// <summary>What the service's parts are said to be.</summary>
    public List<ServicePart> Parts { get; } = [];

    public NotifyTargets Targets { get; }

    public NotifyRules Rules { get; }

    public NotifyDeliveries Deliveries { get; }

    public NotifyPost Post { get; }

    public NotifyTest Test { get; }

    public NotifySender Sender { get; }

    public NotifyWatcher Watcher { get; }

    public async Task<NotifyTarget> AddWebhookAsync(
        ProjectId project,
        string url = "http://127.0.0.1:9/",
        string? secret = null,
        string name = "on-call"
    ) =>
        Assert
            .IsType<NotifyOutcome<NotifyTarget>.Done>(
                await Targets.CreateAsync(
                    project,
                    new NotifyTargetDraft(name, NotifyKind.Webhook, url, secret),
                    TestContext.Current.CancellationToken
                )
            )
            .Made;

    /// <summary>The events of all messages, the first one first.</summary>
    public async Task<IReadOnlyList<NotifyEvent>> ToldAsync(ProjectId project) =>
        [
            .. (await Deliveries.ListAsync(project, null, 1000, TestContext.Current.CancellationToken))
                .Reverse()
                .Select(one => one.Event),
        ];

    public void Dispose()
    {
        Watcher.Dispose();
        Sender.Dispose();
        Post.Dispose();
    }

    private sealed class SecondCopyHere(NotifyWorld world) : IOptions<SecondCopyOptions>
    {
        public SecondCopyOptions Value => new() { Place = world.SecondCopy };
    }
}
