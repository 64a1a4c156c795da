using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Holdfast.Control.Loops;

namespace Holdfast.Control.Backups;

/// <summary>A policy's backup of a volume that became available.</summary>
/// <param name="By">The attempt at a job that made it; its log is told what follows.</param>
public sealed record BackupMade(PolicyId Policy, VolumeId Volume, MadeBy? By = null);

public sealed record MadeBy(JobId Job, int Attempt);

/// <summary>Says which backups policies made, within this process, so that what follows from that needs not wait for its hour. What nobody
/// took when the process ended is found without it.</summary>
public sealed class BackupsMade
{
    private readonly ConcurrentQueue<BackupMade> _made = new();

    /// <summary>Woken by each <see cref="Tell"/>.</summary>
    public WakeSignal Signal { get; } = new();

    /// <summary>Call it once the transaction that made the backup available is done.</summary>
    public void Tell(BackupMade made)
    {
        _made.Enqueue(made);
        Signal.Wake();
    }

    public bool TryTake([NotNullWhen(true)] out BackupMade? made) => _made.TryDequeue(out made);
}
