using System.Buffers;
using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Tests.Exports;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>A second copy is worth what can be restored from it, at every moment.</summary>
public sealed class RepositoryCopyTests
{
    private const int ChunkSize = 16 * 1024;
    private const int Size = 3_000_000;

    private static readonly CopyOptions Plain = new();
    private static readonly CopyOptions Whole = new() { Verify = true };
    private static readonly CopyOptions Removing = new() { Remove = true };

    private static readonly byte[][] Contents = [.. Enumerable.Range(0, 3).Select(seed => TestBytes.Random(Size, seed: seed + 1))];

    [Fact]
    public async Task A_copy_is_restored_from_without_the_first_one_and_names_the_same_owner()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await repository.Open.SetOwnerAsync("service-1", CancellationToken.None);
        await using var copy = new MemoryObjectStore("copy");

        var report = await CopyAsync(repository, copy, Plain);

        Assert.True(report.IsSound);
        Assert.Equal((1, copy.Count - 1), (report.Backups, report.ObjectsCopied));
        Assert.Equal(repository.Store.Keys, copy.Keys);
        Assert.All(copy.Keys, key => Assert.Equal(repository.Store[key], copy[key]));
        await AssertRestoresAsync(repository, copy, first, Contents[0]);
        await using var opened = await OpenAsync(repository, copy);
        Assert.Equal("service-1", opened.Owner);
    }

    [Fact]
    public async Task Exports_of_the_catalog_come_along_parts_before_their_heads_and_one_that_is_damaged_is_named()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await CatalogExportTests.PutAsync(repository, "policies", "users");
        await using var copy = new MemoryObjectStore("copy");
        var order = new ConcurrentQueue<string>();
        var watched = new FaultyObjectStore(copy, 0, FaultMode.BeforeEffect) { BeforeMutation = (_, key) => order.Enqueue(key.Value) };

        Assert.True((await repository.Open.CopyToAsync(watched, Plain, null, CancellationToken.None)).IsSound);
        var exported = order.Where(key => key.StartsWith("catalog/", StringComparison.Ordinal)).ToList();
        Assert.Equal([2, 2, 1], exported.Select(key => key.Count(c => c == '-')));
        await using var opened = await OpenAsync(repository, copy);
        var newest = (await opened.Exports.ListAsync(CancellationToken.None))[0];
        Assert.Equal(2, (await opened.Exports.ReadAsync(newest, CancellationToken.None)).Parts.ToList().Count);

        await CatalogExportTests.PutAsync(repository, "more");
        var damaged = repository.Store.Keys.Where(key => key.StartsWith("catalog/", StringComparison.Ordinal)).Except(copy.Keys).First();
        repository.Store.Damage(damaged, 60);
        var report = await CopyAsync(repository, copy, Plain);
        Assert.Equal(damaged, Assert.Single(report.Damage).Key);
        Assert.DoesNotContain(damaged, copy.Keys);
    }

    [Fact]
    public async Task Only_what_the_copy_lacks_is_copied()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await using var copy = new MemoryObjectStore("copy");
        await CopyAsync(repository, copy, Plain);
        var before = copy.Count;
        var second = await repository.BackupAsync(new MemoryDevice(Contents[1]));
        await repository.Open.SetOwnerAsync("service-1", CancellationToken.None);
        var counting = new FaultyObjectStore(copy, 0, FaultMode.BeforeEffect);

        var report = await CopyAsync(repository, counting, Plain);
        var idle = await CopyAsync(repository, counting, Plain);

        Assert.Equal((copy.Count - before, 0), (report.ObjectsCopied, idle.ObjectsCopied));
        Assert.Equal(repository.Store["config"], copy["config"]);
        await AssertRestoresAsync(repository, copy, second, Contents[1]);
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Whatever_the_call_at_which_the_copys_store_dies_what_it_shows_restores_and_the_next_copy_ends_it(FaultMode mode)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var manifests = new List<Manifest> { await repository.BackupAsync(new MemoryDevice(Contents[0])) };
        await using var begun = new MemoryObjectStore("copy");
        await CopyAsync(repository, begun, Plain);
        manifests.Add(await repository.BackupAsync(new MemoryDevice(Contents[1])));
        await repository.Open.RemoveAsync(manifests[0].Id, CancellationToken.None);
        manifests.Add(await repository.BackupAsync(new MemoryDevice(Contents[2])));
        foreach (var start in new[] { new MemoryObjectStore("copy"), begun })
        {
            var died = true;
            for (var n = 1; died; n++)
            {
                var copy = start.Snapshot();
                var faulty = new FaultyObjectStore(copy, n, mode);
                died = await DiesAsync(() => CopyAsync(repository, faulty, Removing));

                await AssertAllRestoreAsync(repository, copy, manifests);
                await CopyAsync(repository, copy, Removing);
                Assert.Equal(repository.Store.Keys, copy.Keys);
                Assert.True(n < 100, "The copy never ends.");
            }
        }
    }

    [Theory]
    [InlineData("data/", false, -40)]
    [InlineData("data/", true, 5000)]
    [InlineData("map/", false, 3)]
    [InlineData("map/", true, 200)]
    [InlineData("index/", false, 100)]
    [InlineData("manifests/", false, 100)]
    [InlineData("keys/", false, 100)]
    public async Task A_damaged_object_is_not_copied_and_named_and_the_others_are(string prefix, bool isWhole, int at)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        await repository.BackupAsync(new MemoryDevice(Contents[0]));
        var passphrase = new Holdfast.Engine.Keys.RepositorySecret.Passphrase("correct horse");
        await repository.Open.Keys.AddAsync(passphrase, "ann", CancellationToken.None);
        var damaged = (await repository.KeysAsync(prefix)).First(key => key.Value != $"keys/{repository.Open.Keys.OpenedWith}").Value;
        repository.Store.Damage(damaged, at < 0 ? repository.Store[damaged].Length + at : at);
        await using var copy = new MemoryObjectStore("copy");

        var report = await CopyAsync(repository, copy, new CopyOptions { Verify = isWhole, Remove = true });

        var damage = Assert.Single(report.Damage);
        Assert.Equal(damaged, damage.Key);
        Assert.Contains(damaged, damage.What, StringComparison.Ordinal);
        Assert.Equal(repository.Store.Keys.Where(key => key != damaged), copy.Keys);
    }

    [Fact]
    public async Task Every_backup_in_a_copy_that_is_made_while_backups_run_restores()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var manifests = new List<Manifest> { await repository.BackupAsync(new MemoryDevice(Contents[0])) };
        await using var copy = new MemoryObjectStore("copy");
        var calls = 0;
        var watched = new FaultyObjectStore(copy, 0, FaultMode.BeforeEffect);
        var gate = new Lock();
        watched.BeforeMutation = (_, _) =>
        {
            lock (gate)
            {
                if (++calls is 2 or 5)
                    manifests.Add(Wait(repository.BackupAsync(new MemoryDevice(Contents[calls == 2 ? 1 : 2]))));
            }
        };

        var report = await CopyAsync(repository, watched, Plain);

        Assert.True(report.IsSound);
        Assert.Equal(3, manifests.Count);
        await AssertAllRestoreAsync(repository, copy, manifests);
        watched.BeforeMutation = null;
        Assert.Equal(3, (await CopyAsync(repository, watched, Plain)).Backups);
        await AssertAllRestoreAsync(repository, copy, manifests);
    }

    [Fact]
    public async Task What_prune_rewrites_meanwhile_is_found_where_it_lies_then()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var manifest = await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await using var copy = new MemoryObjectStore("copy");
        var watched = new FaultyObjectStore(copy, 0, FaultMode.BeforeEffect);
        var gate = new Lock();
        var isRewritten = false;
        watched.BeforeMutation = (_, key) =>
        {
            lock (gate)
            {
                // As compaction would: all that the backup needs lies in other packs, under another index object.
                if (!isRewritten && key.Value.StartsWith("data/", StringComparison.Ordinal))
                {
                    isRewritten = true;
                    foreach (var old in repository.Store.Keys.Where(IsPackOrIndex).ToList())
                        repository.Store.Lose(old);

                    Wait(RewriteAsync(repository));
                }
            }
        };

        var report = await CopyAsync(repository, watched, Plain);

        Assert.True(report.IsSound && isRewritten);
        await AssertRestoresAsync(repository, copy, manifest, Contents[0]);
    }

    [Fact]
    public async Task What_is_cut_or_flipped_in_the_copy_is_copied_again()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var manifest = await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await using var copy = new MemoryObjectStore("copy");
        await CopyAsync(repository, copy, Plain);
        var packs = (await repository.KeysAsync("data/")).Select(key => key.Value).ToList();
        foreach (var key in repository.Store.Keys.Where(key => key != "config"))
        {
            var broken = copy.Snapshot();
            broken.Damage(key, broken[key].Length / 2);
            var flipped = await CopyAsync(repository, broken, Whole);
            Assert.Equal((1, true), (flipped.ObjectsMended, flipped.IsSound));
            Assert.Equal(copy.Count - 1, flipped.ObjectsVerified);
            Assert.Equal(copy[key], broken[key]);

            broken.Truncate(key, 20);
            Assert.Equal(1, (await CopyAsync(repository, broken, Plain)).ObjectsMended);
            Assert.Equal(copy[key], broken[key]);
        }

        copy.Damage("config", 30);
        await CopyAsync(repository, copy, Plain);
        Assert.NotEmpty(packs);
        await AssertRestoresAsync(repository, copy, manifest, Contents[0]);
    }

    [Fact]
    public async Task What_is_removed_stays_in_the_copy_until_it_is_to_be_removed_there_too()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var old = await repository.BackupAsync(new MemoryDevice(Contents[0]));
        var oldObjects = repository.Store.Keys.Where(IsPackOrIndex).ToList();
        var kept = await repository.BackupAsync(new MemoryDevice(Contents[1]));
        await using var copy = new MemoryObjectStore("copy");
        await CopyAsync(repository, copy, Plain);
        await repository.Open.RemoveAsync(old.Id, CancellationToken.None);
        oldObjects.ForEach(repository.Store.Lose);

        Assert.Equal(2, (await CopyAsync(repository, copy, Plain)).Backups);
        await AssertRestoresAsync(repository, copy, old, Contents[0]);

        var report = await CopyAsync(repository, copy, Removing);
        Assert.Equal((1, oldObjects.Count + 1), (report.Backups, report.ObjectsRemoved));
        Assert.Equal(repository.Store.Keys, copy.Keys);
        await AssertRestoresAsync(repository, copy, kept, Contents[1]);
    }

    [Fact]
    public async Task A_manifest_that_came_after_its_removal_is_not_copied()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var late = await repository.BackupAsync(new MemoryDevice(Contents[0]));
        var key = $"manifests/{late.Id}";
        var manifest = repository.Store[key];
        await using var copy = new MemoryObjectStore("copy");
        await using var older = new MemoryObjectStore("older");
        await CopyAsync(repository, older, Plain);
        await repository.Open.RemoveAsync(late.Id, unsettled: true, CancellationToken.None);
        repository.Store[key] = manifest;

        await CopyAsync(repository, copy, Plain);
        await CopyAsync(repository, older, Removing);

        Assert.DoesNotContain(key, copy.Keys);
        Assert.DoesNotContain(key, older.Keys);
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("index/")]
    public async Task What_was_lost_and_not_removed_stays_in_the_copy(string prefix)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var manifest = await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await using var copy = new MemoryObjectStore("copy");
        await CopyAsync(repository, copy, Plain);
        repository.Store.Lose((await repository.KeysAsync(prefix))[0].Value);

        var report = await CopyAsync(repository, copy, Removing);

        Assert.Equal(0, report.ObjectsRemoved);
        await AssertRestoresAsync(repository, copy, manifest, Contents[0]);
    }

    [Fact]
    public async Task A_place_that_holds_something_else_or_is_the_repository_itself_is_refused_before_anything_changes()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await using var other = await TestRepository.MakeAsync();
        await using var stray = new MemoryObjectStore("stray");
        stray["manifests/01900000-0000-7000-8000-000000000000"] = [1, 2, 3];
        await using var broken = other.Store.Snapshot();
        broken.Damage("config", 20);

        foreach (var place in new[] { other.Store, stray, broken, repository.Store })
        {
            var before = place.Snapshot();
            var refused = await Assert.ThrowsAsync<HoldfastException>(() => CopyAsync(repository, place, Removing));

            Assert.Equal(FailureKind.Refused, refused.Kind);
            Assert.Equal(before.Keys, place.Keys);
        }
    }

    [Fact]
    public async Task A_store_that_does_not_keep_what_it_is_given_is_found_out()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        await repository.BackupAsync(new MemoryDevice(Contents[0]));
        await using var copy = new MemoryObjectStore("copy");

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => CopyAsync(repository, new CuttingStore(copy), Plain));

        Assert.Equal(FailureKind.WriteFailed, failure.Kind);
        Assert.DoesNotContain("config", copy.Keys);
    }

    private static bool IsPackOrIndex(string key) =>
        key.StartsWith("data/", StringComparison.Ordinal)
        || key.StartsWith("map/", StringComparison.Ordinal)
        || key.StartsWith("index/", StringComparison.Ordinal);

    private static Task<CopyReport> CopyAsync(TestRepository repository, IObjectStore to, CopyOptions options) =>
        repository.Open.CopyToAsync(to, options, null, CancellationToken.None);

    private static async Task RewriteAsync(TestRepository repository)
    {
        await using var anew = await OpenAsync(repository, repository.Store);
        await anew.BackupAsync(new MemoryDevice(Contents[0]), repository.Request(), null, CancellationToken.None);
    }

    private static Task<Repository> OpenAsync(TestRepository repository, IObjectStore store) =>
        Repository.OpenAsync(store, repository.Secret, null, repository.Clock, CancellationToken.None);

    private static async Task<bool> DiesAsync(Func<Task> run)
    {
        try
        {
            await run();
            return false;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            return true;
        }
    }

    /// <summary>All backups that the copy shows, which may be none, and no repository.</summary>
    private static async Task AssertAllRestoreAsync(TestRepository repository, MemoryObjectStore copy, List<Manifest> manifests)
    {
        if (!copy.Keys.Contains("config"))
            return;

        for (var i = 0; i < manifests.Count; i++)
        {
            if (copy.Keys.Contains($"manifests/{manifests[i].Id}"))
                await AssertRestoresAsync(repository, copy, manifests[i], Contents[i]);
        }
    }

    private static async Task AssertRestoresAsync(TestRepository repository, MemoryObjectStore copy, Manifest manifest, byte[] content)
    {
        // With the cache of the first one, as on the same machine.
        await using var opened = await Repository.OpenAsync(
            copy.Snapshot(),
            repository.Secret,
            repository.CacheFolder,
            repository.Clock,
            CancellationToken.None
        );
        var target = new MemoryDevice(content.Length);
        await opened.RestoreAsync(manifest.Id, target, new RestoreOptions(), null, CancellationToken.None);
        Assert.Equal(content, target.ToArray());
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    /// <summary>A store that keeps the first half of each pack.</summary>
    private sealed class CuttingStore(MemoryObjectStore inner) : ForwardingObjectStore(inner)
    {
        public override ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
            base.PutIfAbsentAsync(
                key,
                key.Value.StartsWith("data/", StringComparison.Ordinal) ? content.Slice(0, content.Length / 2) : content,
                cancel
            );
    }
}
