using System.Buffers;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.Local;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.Local;

/// <summary>The power is cut at every step of a put, on real file systems: what was acknowledged is on the disk, and nothing is half
/// there.</summary>
public sealed class PowerCutTests
{
    private const int Small = 3000;
    private const int Large = 2 * 1024 * 1024 + 77;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Whenever_the_power_is_cut_what_the_store_acknowledged_is_there_and_nothing_is_half_there(string kind)
    {
        using var disk = new CuttableDisk(kind);
        var expected = new Expected();
        var cuts = new List<(string Cut, Expected Then)>();
        void CutNow(string step) => cuts.Add((disk.Cut(), expected.Copy()));
        await using (var store = new LocalObjectStore(Path.Combine(disk.Folder, "repository"), create: true, CutNow))
        {
            await expected.PutAsync(store, "config", Small);
            await expected.PutAsync(store, "data/3f/a", Large);
            await expected.PutAsync(store, "data/3f/b", Small);
            await expected.PutAsync(store, "index/a", Small);

            await expected.ReplaceAsync(store, "config", Large);
            await expected.DeleteAsync(store, "data/3f/a");
            await expected.DeleteAsync(store, "index/a");
            await expected.PutAsync(store, "index/a", Large);
            CutNow("end");
        }

        Assert.True(cuts.Count > 40, $"Only {cuts.Count} steps were seen.");
        foreach (var (cut, then) in cuts)
        {
            await disk.LookAsync(
                cut,
                async folder =>
                {
                    if (then.IsNothingAcknowledged && !Directory.Exists(Path.Combine(folder, "repository")))
                        return;

                    await using var store = new LocalObjectStore(Path.Combine(folder, "repository"));
                    await then.AssertIsIn(store);
                }
            );
        }
    }

    [Fact]
    public async Task Whenever_the_power_is_cut_the_backups_that_were_reported_done_restore_and_the_repository_is_sound()
    {
        using var disk = new CuttableDisk("ext4");
        using var temp = new TempFolder();
        var secret = new RepositorySecret.KeyFile(temp["key"]);
        var path = Path.Combine("mine", "repository");
        byte[] first = TestBytes.Random(3 * 1024 * 1024, seed: 1);
        byte[] second = [.. first[..(1024 * 1024)], .. TestBytes.Random(3 * 1024 * 1024, seed: 2)];
        var done = new Dictionary<BackupId, byte[]>();
        var cuts = new List<(string Cut, KeyValuePair<BackupId, byte[]>[] Done, bool IsMade)>();
        var isMade = false;
        void CutNow(string step) => cuts.Add((disk.Cut(), [.. done], isMade));
        await using (var store = new LocalObjectStore(Path.Combine(disk.Folder, path), create: true, CutNow))
        await using (var one = new OneAtATimeStore(store))
        await using (var repository = await Repository.CreateAsync(one, secret, Options, temp["cache"], TimeProvider.System, Cancel))
        {
            isMade = true;
            foreach (var content in (byte[][])[first, second])
            {
                await using var device = new MemoryDevice(content);
                var id = BackupId.New(TimeProvider.System);
                await repository.BackupAsync(device, new BackupRequest { Id = id, Volume = "volume-1" }, null, Cancel);
                done.Add(id, content);
            }

            // From here on it may be gone, and is not yet.
            var removed = done.Keys.First();
            done.Remove(removed);
            await repository.RemoveAsync(removed, Cancel);
            CutNow("end");
        }

        Assert.True(cuts.Count > 60, $"Only {cuts.Count} steps were seen.");
        foreach (var (cut, then, wasMade) in cuts)
            await disk.LookAsync(cut, folder => AssertRestoresAsync(Path.Combine(folder, path), secret, then, wasMade));
    }

    private static RepositoryOptions Options => new() { ChunkSize = 16 * 1024, PackSize = RepositoryConfig.MinPackSize };

    private static async Task AssertRestoresAsync(
        string folder,
        RepositorySecret secret,
        KeyValuePair<BackupId, byte[]>[] backups,
        bool isMade
    )
    {
        if (!isMade && !File.Exists(Path.Combine(folder, "config")))
            return;

        await using var store = new LocalObjectStore(folder);
        await using var repository = await Repository.OpenAsync(store, secret, cacheFolder: null, TimeProvider.System, Cancel);
        foreach (var (id, content) in backups)
        {
            var target = new MemoryDevice(new byte[content.Length]);
            await repository.RestoreAsync(id, target, new RestoreOptions(), null, Cancel);
            Assert.True(target.ToArray().AsSpan().SequenceEqual(content), $"Backup {id} is not what was backed up.");
        }

        var check = await repository.CheckAsync(new CheckOptions { Read = CheckShare.Whole }, null, Cancel);
        Assert.Empty(check.Damage);
    }

    /// <summary>What must be in the store, and what may be: the one that a call is changing.</summary>
    private sealed class Expected
    {
        private readonly Dictionary<string, byte[]?> _settled = [];
        private string? _changing;
        private byte[]? _becoming;
        private int _made;

        public bool IsNothingAcknowledged => _settled.Count == 0;

        public Expected Copy()
        {
            var copy = new Expected { _changing = _changing, _becoming = _becoming };
            foreach (var (key, content) in _settled)
                copy._settled.Add(key, content);

            return copy;
        }

        public Task PutAsync(LocalObjectStore store, string key, int size) =>
            ChangeAsync(
                key,
                TestBytes.Random(size, seed: ++_made),
                async content => Assert.True(await store.PutIfAbsentAsync(new(key), new ReadOnlySequence<byte>(content!), Cancel))
            );

        public Task ReplaceAsync(LocalObjectStore store, string key, int size) =>
            ChangeAsync(
                key,
                TestBytes.Random(size, seed: ++_made),
                async content => await store.ReplaceAsync(new(key), new ReadOnlySequence<byte>(content!), Cancel)
            );

        public Task DeleteAsync(LocalObjectStore store, string key) =>
            ChangeAsync(key, null, async _ => await store.DeleteAsync(new(key), Cancel));

        public async Task AssertIsIn(LocalObjectStore store)
        {
            foreach (var (key, content) in _settled.Where(settled => settled.Key != _changing))
                Assert.True(Same(content, await ReadAsync(store, key)), $"'{key}' is not what was acknowledged.");

            if (_changing is null)
                return;

            var found = await ReadAsync(store, _changing);
            Assert.True(
                Same(_becoming, found) || Same(_settled.GetValueOrDefault(_changing), found),
                $"'{_changing}' is neither what it was nor what it was to become."
            );
        }

        private async Task ChangeAsync(string key, byte[]? content, Func<byte[]?, Task> change)
        {
            (_changing, _becoming) = (key, content);
            await change(content);
            _changing = null;
            _settled[key] = content;
        }

        private static bool Same(byte[]? expected, byte[]? found) =>
            expected is null ? found is null : found is not null && expected.AsSpan().SequenceEqual(found);

        private static async Task<byte[]?> ReadAsync(LocalObjectStore store, string key)
        {
            if (await store.FindSizeAsync(new(key), Cancel) is not { } size)
                return null;

            var content = new byte[size];
            await store.ReadAsync(new(key), 0, content, Cancel);
            return content;
        }
    }

    /// <summary>One change at a time, so that nothing is written while a cut is copied.</summary>
    private sealed class OneAtATimeStore(IObjectStore inner) : ForwardingObjectStore(inner)
    {
        private readonly SemaphoreSlim _turn = new(1);

        public override async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
        {
            await _turn.WaitAsync(cancel);
            try
            {
                return await base.PutIfAbsentAsync(key, content, cancel);
            }
            finally
            {
                _turn.Release();
            }
        }
    }
}
