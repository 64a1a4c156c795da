using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>The laws of order, executed: a store that dies at its n-th change, for every n.</summary>
public sealed class CrashTests
{
    private const int ChunkSize = 16 * 1024;
    private const int Size = 2_500_000;

    private static readonly byte[][] Contents = [MakeContent(0), MakeContent(1), MakeContent(2)];

    private static readonly byte[] LastContent = [.. new byte[1_000_000], .. TestBytes.Random(Size - 1_000_000, seed: 99)];

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Whatever_the_call_at_which_the_store_dies_all_that_was_reported_done_restores_and_the_next_backup_succeeds(
        FaultMode mode
    )
    {
        var died = true;
        for (var n = 1; died; n++)
        {
            await using var repository = await TestRepository.MakeAsync(ChunkSize);
            var faulty = new FaultyObjectStore(repository.Store, n, mode);
            await repository.ReopenAsync(faulty);

            var done = await RunScriptAsync(repository);
            died = faulty.IsDead;

            await repository.ReopenAsync(loseCache: n % 2 == 0);
            await CheckAsync(repository, done, died);
            Assert.True(n < 100, "The script never ends.");
        }
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Making_a_repository_can_be_tried_again_whatever_the_call_at_which_the_store_died(FaultMode mode)
    {
        for (var n = 1; n <= 2; n++)
        {
            using var folder = new TempFolder();
            await using var store = new MemoryObjectStore();
            var secret = new Engine.Keys.RepositorySecret.KeyFile(folder["key"]);
            Task<Repository> MakeAsync(IObjectStore through) =>
                Repository.CreateAsync(
                    through,
                    secret,
                    new RepositoryOptions(),
                    folder["cache"],
                    TimeProvider.System,
                    CancellationToken.None
                );

            var death = await Assert.ThrowsAsync<HoldfastException>(() => MakeAsync(new FaultyObjectStore(store, n, mode)));
            Assert.Equal(FailureKind.Unavailable, death.Kind);

            // Where the last step took effect, the repository exists; else it is made by the second attempt.
            try
            {
                await using var made = await MakeAsync(store);
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.AlreadyExists && n == 2 && mode == FaultMode.AfterEffect)
            {
                // As it should be.
            }

            await using var opened = await Repository.OpenAsync(
                store,
                secret,
                folder["cache"],
                TimeProvider.System,
                CancellationToken.None
            );
            Assert.Equal(32, opened.Id.Length);
        }
    }

    [Fact]
    public async Task A_failed_backup_leaves_packs_that_the_next_one_uses()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        using var stored = new ManualResetEventSlim();
        await repository.ReopenAsync(new ToldStore(repository.Store, bytes: 5_000_000, stored));
        var content = TestBytes.Random(24_000_000, seed: 1);
        var broken = new MemoryDevice(content);
        broken.BeforeRead = (offset, _) =>
        {
            // How much is stored by then is chance, and with many processors nothing may be.
            if (offset >= 18_000_000 && stored.Wait(Patience.Limit, TestContext.Current.CancellationToken))
                throw new HoldfastException(FailureKind.DeviceUnreadable, "bad sector");
        };
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(broken));
        await repository.ReopenAsync();

        var next = await repository.BackupAsync(new MemoryDevice(content));

        Assert.Equal(FailureKind.DeviceUnreadable, failure.Kind);
        Assert.Equal("bad sector", failure.Message);
        Assert.InRange(next.Figures.BytesNew, 1, 20_000_000);
        Assert.Equal(content, await repository.RestoreAsync(next));
    }

    /// <summary>Backups of a volume that changes and grows, each the parent of the next, until the store is dead.</summary>
    private static async Task<List<(Manifest Manifest, byte[] Content)>> RunScriptAsync(TestRepository repository)
    {
        var done = new List<(Manifest, byte[])>();
        try
        {
            BackupId? parent = null;
            for (var round = 0; round < 3; round++)
            {
                var content = ContentOf(round);
                var manifest = await repository.BackupAsync(new MemoryDevice(content), parent);
                done.Add((manifest, content));
                parent = manifest.Id;
            }

            await repository.Open.RemoveAsync(done[0].Item1.Id, CancellationToken.None);
            done.RemoveAt(0);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            if (done.Count == 3)
                done.RemoveAt(0); // Its removal was under way: it may or may not be there.
        }

        return done;
    }

    private static byte[] ContentOf(int round) => Contents[round];

    private static byte[] MakeContent(int round)
    {
        var content = TestBytes.Random(Size + (round * 100_000), seed: 7);
        TestBytes.Random(300_000, seed: round).CopyTo(content, round * 400_000);
        return content;
    }

    private static async Task CheckAsync(TestRepository repository, List<(Manifest Manifest, byte[] Content)> done, bool died)
    {
        foreach (var (manifest, content) in done)
            Assert.Equal(content, await repository.RestoreAsync(manifest));

        // What was not reported but exists must be whole too.
        var existing = new List<Manifest>();
        await foreach (var manifest in repository.Open.ListAsync(CancellationToken.None))
            existing.Add(manifest);

        foreach (var manifest in existing)
            Assert.Contains(Enumerable.Range(0, 3), round => ContentOf(round).Length == manifest.VolumeSize);

        foreach (var manifest in existing.Where(m => done.All(d => d.Manifest.Id != m.Id)))
            Assert.Equal(ContentOf((int)((manifest.VolumeSize - Size) / 100_000)), await repository.RestoreAsync(manifest));

        Assert.True(died || existing.Count == 2);
        var last = await repository.BackupAsync(new MemoryDevice(LastContent), existing.LastOrDefault()?.Id);
        Assert.Equal(LastContent, await repository.RestoreAsync(last));
    }

    /// <summary>A store that tells when so much is in it.</summary>
    private sealed class ToldStore(MemoryObjectStore inner, long bytes, ManualResetEventSlim isThere) : ForwardingObjectStore(inner)
    {
        public override async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
        {
            var isPut = await base.PutIfAbsentAsync(key, content, cancel);
            if (inner.TotalBytes >= bytes)
                isThere.Set();

            return isPut;
        }
    }
}
