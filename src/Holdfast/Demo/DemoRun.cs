using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Demo;

/// <summary>The demo's acts after the service is up, all of them over the HTTP API, as a client of the service would.</summary>
internal sealed class DemoRun(HoldfastApi api, string folder, TimeProvider clock)
{
    private const int Seed = 20161202;
    private const string PolicyName = "nightly";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _volume = VolumeFile(folder);
    private readonly string _kept = KeptCopy(folder);
    private readonly string _restored = Path.Combine(folder, "restored.img");

    /// <summary>Makes the volume, before there is a service: in life it is there first, too.</summary>
    public static void MakeVolume(string folder)
    {
        DemoVolume.Write(VolumeFile(folder), Seed);
        File.Copy(VolumeFile(folder), KeptCopy(folder));
        Console.WriteLine($"1. A volume of {Text.Bytes(DemoVolume.Size)}, with text, random bytes, repeats and holes:");
        Console.WriteLine($"   {VolumeFile(folder)}");
    }

    public async Task<DemoOutcome> RunAsync(CancellationToken cancel)
    {
        var volume = await api.AddVolumeAsync("demo", GivenPath.Address(_volume), cancel);
        var policy = await ProtectAsync(volume, cancel);
        var first = await FireAsync(policy, "4. Fired the policy:", cancel);
        var changed = DemoVolume.ChangeSome(_volume, Seed + 1);
        await FireAsync(policy, $"5. Changed {Text.Bytes(changed)} in scattered pages and fired again:", cancel);

        var page = await api.ListTasksAsync(policy, new TaskFilter(), cancel);
        var session = await api.Connection.SessionAsync(cancel);
        var query = $"{session.Vbs}/backuppolicy/{policy}/backuptasks";
        Console.WriteLine();
        Console.WriteLine($"GET {new Uri(query).AbsolutePath}");
        JsonOut.Write(page.Raw);
        var backups = await api.ListBackupsAsync(ListRequest.Where(("volume_id", volume.Id)), cancel);
        PrintBackups(backups);
        await RestoreAsync(backups.Single(backup => backup.Name == first.BackupName), cancel);
        return new DemoOutcome(query, session);
    }

    private static string VolumeFile(string folder) => Path.Combine(folder, "volume.img");

    private static string KeptCopy(string folder) => Path.Combine(folder, "volume.kept.img");

    private async Task<string> ProtectAsync(VolumeItem volume, CancellationToken cancel)
    {
        var schedule = new ScheduleRequest
        {
            StartTime = "22:00",
            Frequency = 1,
            KeepCount = 14,
            Status = "ON",
        };
        var policy = await api.CreatePolicyAsync(
            new PolicyRequest { Name = PolicyName, Schedule = schedule },
            cancel
        );
        var links = await api.AssociateAsync(policy, [volume.Id], cancel);
        if (links.FirstOrDefault(link => link.Problem is not null) is { } refused)
        {
            throw new VerbFailedException($"the demo's volume could not be associated: {refused.Problem}");
        }

        Console.WriteLine($"3. A policy, '{PolicyName}' (every day at 22:00 UTC, keeps 14), protects it:");
        Console.WriteLine($"   {policy}");
        return policy;
    }

    /// <summary>Fires and waits until every task has ended.</summary>
    private async Task<TaskItem> FireAsync(string policy, string what, CancellationToken cancel)
    {
        var firing = await Firing.StartAsync(api, policy, clock, cancel);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        TaskItem task;
        try
        {
            task = (await firing.WaitAsync(seen: null, patience.Token)).Single();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new VerbFailedException($"the policy's task is still open after {Text.Duration(Patience)}.");
        }

        if (task.Status != "EXECUTE_SUCCESS")
        {
            throw new VerbFailedException($"task {task.Id} ended as {task.Status}: {task.FailReason}");
        }

        Console.WriteLine(what);
        Console.WriteLine(
            $"   {task.Status}, backup {task.BackupName}, {Text.Duration(task.FinishedAt - task.CreatedAt ?? TimeSpan.Zero)}"
        );
        return task;
    }

    private static void PrintBackups(IReadOnlyList<BackupItem> backups)
    {
        Console.WriteLine();
        Console.WriteLine("What each backup stored (newest first)");
        Tables.Print(
            ["Backup", ">Volume", ">Read", ">New", ">Stored", "Status"],
            backups.Select(b =>
                new[]
                {
                    Tables.Plain(b.Name),
                    Text.Bytes(b.VolumeBytes),
                    Text.Bytes(b.BytesRead),
                    Text.Bytes(b.BytesNew),
                    Text.Bytes(b.BytesStored),
                    Tables.State(b.Status),
                }
            )
        );
    }

    private async Task RestoreAsync(BackupItem backup, CancellationToken cancel)
    {
        var id = await api.RestoreAsync(backup.Id, GivenPath.Address(_restored), overwrite: false, cancel);
        var job = await api.WaitForJobAsync(id, seen: null, clock, cancel);
        if (job.Status != "SUCCESS")
        {
            throw new VerbFailedException($"the restore failed: {job.FailReason} ({job.ErrorCode})");
        }

        if (await DemoVolume.FirstDifferenceAsync(_kept, _restored, cancel) is { } offset)
        {
            throw new VerbFailedException($"the restored volume differs from the kept copy at byte {offset}: {_restored}");
        }

        Console.WriteLine(
            $"6. Restored the first backup ({backup.Name}) and compared it with the copy that was kept: all {DemoVolume.Size} bytes are "
                + $"equal."
        );
        Console.WriteLine($"   {_restored}");
    }
}

/// <summary>What a person needs in order to go on by hand.</summary>
internal sealed record DemoOutcome(string Query, Session Session);
