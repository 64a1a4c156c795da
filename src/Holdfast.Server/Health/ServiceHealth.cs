using System.Data.Common;
using Holdfast.Control.Catalog;
using Holdfast.Control.Exports;
using Holdfast.Control.Loops;
using Holdfast.Control.Processes;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Server.Settings;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Health;

/// <summary>How one thing is on which the service stands.</summary>
/// <param name="Reason">Why it is ill, for strangers: without paths, addresses and names. Null when it is well.</param>
internal sealed record PartHealth(string Name, string? Reason)
{
    public bool IsWell => Reason is null;
}

/// <summary>
/// Looks at what the service stands on: catalog, repository, free space. Each look at a part has two seconds, whatever it waits for; while
/// an old one hangs no new one begins, so a dead mount costs one thread, however often it is asked after. All who ask at once get one
/// answer. What has become ill or well is written to the log, with the reason in full.
/// </summary>
internal sealed class ServiceHealth
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private const long Mib = 1024 * 1024;

    private readonly IReadOnlyList<Part> _parts;

    public ServiceHealth(
        ServerSettings settings,
        CatalogDatabase catalog,
        ProcessSigns signs,
        Repository repository,
        CatalogExporter exporter,
        TimeProvider clock,
        ILogger<ServiceHealth> log
    ) =>
        _parts = [
            new("catalog", clock, log, () => LookAtAsync(catalog, signs, exporter)),
            new("repository", clock, log, () => LookAtAsync(repository)),
            new("free_space", clock, log, () => MeasureAsync(settings)),
        ];

    /// <summary>Returns within <see cref="Deadline"/>, and a little.</summary>
    public async Task<IReadOnlyList<PartHealth>> LookAsync() => await Task.WhenAll(_parts.Select(part => part.LookAsync()));

    /// <summary>Whether it takes writes is not tried here: that costs a write, and this is asked often. The process writes its sign of
    /// life to it anyway, three times a minute.</summary>
    private static async Task LookAtAsync(CatalogDatabase catalog, ProcessSigns signs, CatalogExporter exporter)
    {
        await catalog.PingAsync(CancellationToken.None);
        if (signs.Trouble is { } trouble)
        {
            throw new IllException("it can be read and not written", trouble);
        }

        if (exporter.Foreign is { } foreign)
        {
            throw new IllException(
                $"it is an older copy, the repository has export {foreign}, which it did not make: put the newest back, or make it anew "
                    + "with 'holdfast repo rebuild'"
            );
        }
    }

    private static async Task LookAtAsync(Repository repository)
    {
        if (await repository.CheckHealthAsync(CancellationToken.None) is { IsWell: false } ill)
        {
            throw new HoldfastException(ill.Kind ?? FailureKind.Unavailable, ill.Reason ?? "The repository is ill.");
        }

        if (repository.LastStoreClass is { HasWorsened: true } known)
        {
            throw new IllException(
                $"its store keeps writers apart less well than it did: it was of class {known.Best.Letter()} and is of class "
                    + $"{known.Class.Letter()}"
            );
        }
    }

    private static Task MeasureAsync(ServerSettings settings)
    {
        foreach (var (folder, name) in ((string?, string)[])[(settings.Data, "data folder"), (settings.RepositoryFolder, "repository")])
        {
            // A repository that is away is the other part's illness; of an object store nobody knows how much fits.
            if (
                folder is not null
                && Directory.Exists(folder)
                && new DriveInfo(folder).AvailableFreeSpace is var free
                && free < settings.FreeSpaceMib * Mib
            )
            {
                throw new IllException($"{free / Mib} MiB are free where the {name} is; {settings.FreeSpaceMib} are wanted");
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>What a stranger may know of a failure.</summary>
    private static string TextOf(Exception error) =>
        error switch
        {
            IllException ill => ill.Message,
            TimeoutException => "it does not answer",
            HoldfastException { Kind: FailureKind.RepositoryAway } => "it is away: its place is not there, or holds another",
            HoldfastException { Kind: FailureKind.NotFound } => "it is not there",
            HoldfastException { Kind: FailureKind.Busy } => "it is in use by another process",
            HoldfastException { Kind: FailureKind.WriteFailed } => "it can be read and not written",
            HoldfastException { Kind: FailureKind.NoSpace } => "it has no space left",
            HoldfastException { Kind: FailureKind.Corrupted } => "it is damaged",
            HoldfastException { Kind: FailureKind.Refused } => "it does not let the service in, or belongs to another catalog now",
            HoldfastException { Kind: FailureKind.UnsupportedVersion } => "it is of a newer version",
            HoldfastException or DbException or IOException or UnauthorizedAccessException => "it cannot be read",
            _ => "it failed when it was looked at",
        };

    private sealed class IllException(string message, Exception? why = null) : Exception(message, why);

    private sealed class Part(string name, TimeProvider clock, ILogger log, Func<Task> look)
    {
        private readonly Lock _gate = new();
        private readonly SharedLook<bool> _look = new(async () =>
        {
            await look();
            return true;
        });
        private bool _isIll;

        public async Task<PartHealth> LookAsync()
        {
            try
            {
                await Answers.WaitAsync(_look.JoinAsync(), Deadline, clock, CancellationToken.None);
                Tell(error: null, reason: null);
                return new PartHealth(name, null);
            }
            catch (Exception e)
            {
                var reason = TextOf(e);
                Tell(e, reason);
                return new PartHealth(name, reason);
            }
        }

        private void Tell(Exception? error, string? reason)
        {
            lock (_gate)
            {
                if (_isIll == reason is not null)
                {
                    return;
                }

                _isIll = reason is not null;
            }

            if (reason is null)
            {
                ServerLog.PartIsWell(log, name);
            }
            else
            {
                ServerLog.PartIsIll(log, error, name, reason);
            }
        }
    }
}
