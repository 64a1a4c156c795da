using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>Finds a server's class: many writers put one new key on condition at once, round after round. Whoever promises that one wins
/// must keep it each time.</summary>
internal sealed class S3Probe(S3Connection s3, S3Conditions conditions)
{
    public const int Writers = 32;
    public const int Rounds = 20;

    /// <summary>Rounds that some request of failed tell nothing; so many of them and the server is not fit to be asked now.</summary>
    private const int MostUnclear = 10;

    private const string What = "it cannot be asked whether one of many writers wins";

    private enum Outcome
    {
        Won,
        Lost,
        Unclear,
    }

    public async Task<StoreClass> AskAsync(CancellationToken cancel)
    {
        if (await conditions.AskAsync(cancel) is { } known)
            return known;

        var race = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var unclear = 0;
        for (var round = 0; round < Rounds;)
        {
            switch (await RunRoundAsync(s3.KeyOf($".holdfast/race/{race}-{round + unclear}"), cancel))
            {
                case true:
                    round++;
                    break;
                case false:
                    return StoreClass.NotUnderRace;
                default:
                    if (++unclear > MostUnclear)
                    {
                        throw new HoldfastException(
                            FailureKind.Unavailable,
                            $"In '{s3.Name}' {What}: requests fail too often. Try again when it is quieter."
                        );
                    }

                    break;
            }
        }

        return StoreClass.Atomic;
    }

    /// <summary>Whether exactly one won, and what it put is there; null where that cannot be told.</summary>
    private async Task<bool?> RunRoundAsync(string key, CancellationToken cancel)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, Writers).Select(writer => PutAsync(key, writer, start.Task, cancel)).ToArray();
        start.SetResult();
        try
        {
            var outcomes = await Task.WhenAll(writers);
            var winners = Enumerable.Range(0, Writers).Where(writer => outcomes[writer] == Outcome.Won).ToList();
            if (winners.Count > 1)
                return false;

            if (winners.Count == 0 || outcomes.Contains(Outcome.Unclear))
                return null;

            var there = await s3.FindSmallAsync(key, What, cancel);
            return there is not null && there.AsSpan().SequenceEqual(TextOf(winners[0]));
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            return null;
        }
        finally
        {
            await RemoveAsync(key);
        }
    }

    private async Task<Outcome> PutAsync(string key, int writer, Task start, CancellationToken cancel)
    {
        await start;
        try
        {
            var text = new ReadOnlySequence<byte>(TextOf(writer));
            return await s3.PutAsync(key, text, conditional: true, What, cancel) ? Outcome.Won : Outcome.Lost;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            // 409 is an answer, too: another was at it at the same moment.
            return e.InnerException is { } answer && (int?)S3Errors.StatusOf(answer) == 409 ? Outcome.Lost : Outcome.Unclear;
        }
    }

    private static byte[] TextOf(int writer) => Encoding.ASCII.GetBytes($"writer {writer}\n");

    private async Task RemoveAsync(string key)
    {
        try
        {
            await s3.DeleteAsync(key, What, CancellationToken.None);
        }
        catch (HoldfastException)
        {
            // A hidden object of a few bytes stays.
        }
    }
}
