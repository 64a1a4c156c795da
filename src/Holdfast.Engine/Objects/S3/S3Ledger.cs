using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>Who is in a store now, as the ledger says. Nobody is taken out because of time: who was thought dead may wake.</summary>
/// <param name="Id">By which a person can break it.</param>
public sealed record StoreHolder(string Id, string Host, int Process, bool Exclusive, DateTimeOffset Since);

internal sealed record LedgerPage(IReadOnlyList<StoreHolder> Holders);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LedgerPage))]
internal sealed partial class LedgerJson : JsonSerializerContext;

/// <summary>
/// The lock of a store of class A: a ledger of who is in it, changed by compare-and-swap. Each state is an object of its own with the next
/// number, put on condition that there is none; a change stands when, after it was put, no listing shows a higher number. So it needs
/// nothing of a server but what the race has shown. See decision 0020.
/// </summary>
internal sealed class S3Ledger(S3Connection s3, Retries retries, TimeProvider clock)
{
    private const string Folder = ".holdfast/locks/";
    private const string What = "the ledger of its writers cannot be changed";
    private const int Attempts = 100;
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(30);

    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/>, naming who holds it.</exception>
    public async Task<IAsyncDisposable> EnterAsync(bool exclusive, CancellationToken cancel)
    {
        var me = new StoreHolder(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
            Environment.MachineName,
            Environment.ProcessId,
            exclusive,
            clock.GetUtcNow()
        );
        try
        {
            await ChangeAsync(holders => Enter(holders, me), cancel);
            return new Held(this, me.Id);
        }
        catch
        {
            // The answer may be lost of a request that arrives.
            await TryLeaveAsync(me.Id);
            throw;
        }
    }

    /// <summary>Takes somebody out who is gone for good; returns who it was, or null when there is none of that id.</summary>
    public async Task<StoreHolder?> BreakAsync(string id, CancellationToken cancel)
    {
        StoreHolder? broken = null;
        await ChangeAsync(
            holders =>
            {
                broken = holders.FirstOrDefault(holder => holder.Id == id) ?? broken;
                return Without(holders, id);
            },
            cancel
        );
        return broken;
    }

    private IReadOnlyList<StoreHolder>? Enter(IReadOnlyList<StoreHolder> holders, StoreHolder me)
    {
        if (holders.Any(holder => holder.Id == me.Id))
            return null; // An earlier attempt, whose answer was lost.

        if (holders.FirstOrDefault(holder => holder.Exclusive || me.Exclusive) is not { } other)
            return [.. holders, me];

        throw new HoldfastException(
            FailureKind.Busy,
            $"'{s3.Name}' is in use by process {other.Process} on {other.Host}, {(other.Exclusive ? "alone, " : "")}since "
                + $"{other.Since.ToString("u", CultureInfo.InvariantCulture)}. Try again when it has ended; if you have seen that it is "
                + $"gone for good, give --break-lock {other.Id}."
        );
    }

    /// <summary>Null where nothing is to be changed.</summary>
    private static IReadOnlyList<StoreHolder>? Without(IReadOnlyList<StoreHolder> holders, string id) =>
        holders.Any(holder => holder.Id == id) ? [.. holders.Where(holder => holder.Id != id)] : null;

    private async Task TryLeaveAsync(string id)
    {
        using var limit = new CancellationTokenSource(LeaveLimit, clock);
        try
        {
            await ChangeAsync(holders => Without(holders, id), limit.Token);
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException)
        {
            // Who is kept out by what stays is told whose it is, and how to break it.
        }
    }

    /// <param name="change">Gives the next state of one; null where that is as it should be. May throw.</param>
    private async Task ChangeAsync(Func<IReadOnlyList<StoreHolder>, IReadOnlyList<StoreHolder>?> change, CancellationToken cancel)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var done = await retries.RunAsync(_ => TryChangeAsync(change, cancel), cancel);
            if (done)
                return;

            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(5, 20 * Math.Min(attempt, 20))), clock, cancel);
        }

        throw new HoldfastException(FailureKind.Busy, $"In '{s3.Name}' {What}: too many others change it. Try again.");
    }

    private async ValueTask<bool> TryChangeAsync(
        Func<IReadOnlyList<StoreHolder>, IReadOnlyList<StoreHolder>?> change,
        CancellationToken cancel
    )
    {
        var numbers = await ListAsync(cancel);
        var newest = numbers.Count == 0 ? 0 : numbers[^1];
        var page = new LedgerPage([]);
        if (newest > 0)
        {
            var bytes = await s3.FindSmallAsync(KeyOf(newest), What, cancel);
            if (bytes is null)
                return false; // Followed by another, and deleted, since it was listed.

            page = Read(bytes);
        }

        if (change(page.Holders) is not { } holders)
            return true;

        var next = JsonSerializer.SerializeToUtf8Bytes(new LedgerPage(holders), LedgerJson.Default.LedgerPage);
        if (!await s3.PutAsync(KeyOf(newest + 1), new ReadOnlySequence<byte>(next), conditional: true, What, cancel))
            return false;

        // One that slept since it looked may have put a number that was used, and deleted, long ago.
        numbers = await ListAsync(cancel);
        var stands = numbers.Count > 0 && numbers[^1] == newest + 1;
        foreach (var old in numbers.Where(number => stands ? number <= newest : number == newest + 1))
            await s3.DeleteAsync(KeyOf(old), What, cancel);

        return stands;
    }

    private LedgerPage Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, LedgerJson.Default.LedgerPage) is { Holders: not null } page
                ? page
                : throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"The ledger of the writers of '{s3.Name}' cannot be read. When no process writes there, delete what is under "
                    + $"'{s3.KeyOf(Folder)}'.",
                e
            );
        }
    }

    /// <summary>The numbers that are there, in order.</summary>
    private async Task<List<long>> ListAsync(CancellationToken cancel)
    {
        var numbers = new List<long>();
        await foreach (var page in s3.ListPagesAsync(s3.KeyOf(Folder), What, retries, cancel))
        {
            foreach (var (key, _) in page)
            {
                if (long.TryParse(key.AsSpan(key.LastIndexOf('-') + 1), NumberStyles.AllowHexSpecifier, null, out var number))
                    numbers.Add(number);
            }
        }

        numbers.Sort();
        return numbers;
    }

    private string KeyOf(long number) => s3.KeyOf($"{Folder}ledger-{number:x16}");

    private sealed class Held(S3Ledger ledger, string id) : IAsyncDisposable
    {
        private int _isGivenBack;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _isGivenBack, 1) == 0)
                await ledger.TryLeaveAsync(id);
        }
    }
}
