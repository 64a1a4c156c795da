using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Keys;

public sealed class RepositoryKeysTests
{
    private static readonly RepositorySecret Passphrase = new RepositorySecret.Passphrase("correct horse");

    [Fact]
    public async Task A_key_file_is_made_for_its_owner_alone_and_opens_the_repository()
    {
        using var folder = new TempFolder();
        await using var store = new MemoryObjectStore();
        var secret = new RepositorySecret.KeyFile(folder["key"]);

        string id;
        await using (
            var made = await Repository.CreateAsync(
                store,
                secret,
                new RepositoryOptions(),
                folder["cache"],
                TimeProvider.System,
                CancellationToken.None
            )
        )
            id = made.Id;

        await using var opened = await Repository.OpenAsync(store, secret, folder["cache"], TimeProvider.System, CancellationToken.None);
        Assert.Equal(id, opened.Id);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["key"]));
        Assert.StartsWith($"holdfast key 1\nrepository {id}\nkey ", await File.ReadAllTextAsync(folder["key"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_repositorys_key_file_is_the_wrong_key()
    {
        await using var mine = await TestRepository.MakeAsync();
        await using var other = await TestRepository.MakeAsync();

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync(mine, other.Secret));

        Assert.Equal(FailureKind.WrongKey, failure.Kind);
    }

    [Fact]
    public async Task A_passphrase_can_be_added_and_opens_what_was_backed_up_with_the_key_file()
    {
        await using var repository = await TestRepository.MakeAsync();
        var content = TestBytes.Random(100_000, seed: 31);
        var manifest = await repository.BackupAsync(new MemoryDevice(content));

        var added = await repository.Open.Keys.AddAsync(Passphrase, "ann", CancellationToken.None);

        await using var opened = await OpenAsync(repository, Passphrase);
        Assert.Equal(manifest.Root, (await opened.FindAsync(manifest.Id, CancellationToken.None))?.Root);
        Assert.Equal("passphrase", added.Kind);
        Assert.Equal(2, (await repository.Open.Keys.ListAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_wrong_passphrase_and_a_removed_one_do_not_open()
    {
        await using var repository = await TestRepository.MakeAsync();
        var added = await repository.Open.Keys.AddAsync(Passphrase, "ann", CancellationToken.None);

        var wrong = await Assert.ThrowsAsync<HoldfastException>(() =>
            OpenAsync(repository, new RepositorySecret.Passphrase("wrong horse"))
        );
        await repository.Open.Keys.RemoveAsync(added.Id, CancellationToken.None);
        var removed = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync(repository, Passphrase));

        Assert.Equal(FailureKind.WrongKey, wrong.Kind);
        Assert.Equal(FailureKind.WrongKey, removed.Kind);
    }

    [Fact]
    public async Task The_last_key_is_not_removed()
    {
        await using var repository = await TestRepository.MakeAsync();
        var only = Assert.Single(await repository.Open.Keys.ListAsync(CancellationToken.None));

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Keys.RemoveAsync(only.Id, CancellationToken.None));

        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Single(await repository.Open.Keys.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_key_file_is_changed_and_the_old_one_opens_no_more()
    {
        using var folder = new TempFolder();
        await using var repository = await TestRepository.MakeAsync();
        var old = Assert.Single(await repository.Open.Keys.ListAsync(CancellationToken.None));
        var secret = new RepositorySecret.KeyFile(folder["new"]);

        var added = await repository.Open.Keys.ChangeAsync(secret, label: null, CancellationToken.None);

        await using var opened = await OpenAsync(repository, secret);
        Assert.Equal(added, Assert.Single(await opened.Keys.ListAsync(CancellationToken.None)));
        Assert.Equal((old.Label, added.Id), (added.Label, opened.Keys.OpenedWith));
        var gone = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync(repository, repository.Secret));
        Assert.Equal(FailureKind.WrongKey, gone.Kind);
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Whatever_the_call_at_which_the_store_dies_a_change_leaves_a_key_that_opens(FaultMode mode)
    {
        for (var n = 1; n <= 2; n++)
        {
            using var folder = new TempFolder();
            await using var repository = await TestRepository.MakeAsync();
            var secret = new RepositorySecret.KeyFile(folder["new"]);
            var faulty = new FaultyObjectStore(repository.Store, n, mode);
            await repository.ReopenAsync(faulty);

            await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Keys.ChangeAsync(secret, null, CancellationToken.None));

            Assert.True(faulty.IsDead);
            await using var opened = await OpenAsync(repository, n == 2 ? secret : repository.Secret);
            var left = (n, mode) is (1, FaultMode.BeforeEffect) or (2, FaultMode.AfterEffect) ? 1 : 2;
            Assert.Equal(left, (await opened.Keys.ListAsync(CancellationToken.None)).Count);
        }
    }

    [Fact]
    public async Task The_old_key_stays_where_the_store_does_not_give_back_the_new_one()
    {
        using var folder = new TempFolder();
        await using var repository = await TestRepository.MakeAsync();
        await repository.ReopenAsync(new LosingStore(repository.Store, repository.Store));

        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            repository.Open.Keys.ChangeAsync(new RepositorySecret.KeyFile(folder["new"]), null, CancellationToken.None)
        );

        Assert.Equal(FailureKind.Corrupted, failure.Kind);
        await using var opened = await OpenAsync(repository, repository.Secret);
    }

    [Fact]
    public async Task A_secret_that_opens_already_is_not_added_again()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.Open.Keys.AddAsync(Passphrase, "ann", CancellationToken.None);

        foreach (var secret in new[] { repository.Secret, Passphrase })
        {
            var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
                repository.Open.Keys.AddAsync(secret, "twice", CancellationToken.None)
            );
            Assert.Equal(FailureKind.AlreadyExists, refused.Kind);
        }

        Assert.Equal(2, (await repository.Open.Keys.ListAsync(CancellationToken.None)).Count);
    }

    [Theory]
    [InlineData("short", "ann")]
    [InlineData("long enough", "")]
    [InlineData("long enough", "two\nlines")]
    public async Task What_is_not_fit_for_a_key_is_refused_before_anything_changes(string passphrase, string label)
    {
        await using var repository = await TestRepository.MakeAsync();

        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            repository.Open.Keys.AddAsync(new RepositorySecret.Passphrase(passphrase), label, CancellationToken.None)
        );

        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Single(await repository.Open.Keys.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Two_that_remove_the_last_two_keys_at_once_leave_one()
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = Assert.Single(await repository.Open.Keys.ListAsync(CancellationToken.None));
        var second = await repository.Open.Keys.AddAsync(Passphrase, "ann", CancellationToken.None);

        // Ann removes the key file's key at the very moment when hers is to go: both have seen two keys.
        var store = new FaultyObjectStore(repository.Store, 0, FaultMode.BeforeEffect);
        var ann = await OpenAsync(repository, Passphrase);
        await repository.ReopenAsync(store);
        store.BeforeMutation = (verb, _) =>
        {
            store.BeforeMutation = null;
            Assert.Equal("delete", verb);
            ann.Keys.RemoveAsync(first.Id, CancellationToken.None).GetAwaiter().GetResult();
        };

        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            repository.Open.Keys.RemoveAsync(second.Id, CancellationToken.None)
        );

        Assert.Equal(FailureKind.Busy, failure.Kind);
        Assert.Equal(second, Assert.Single(await ann.Keys.ListAsync(CancellationToken.None)));
        await ann.DisposeAsync();
        await using var opened = await OpenAsync(repository, Passphrase);
    }

    [Fact]
    public async Task What_an_init_that_died_left_behind_does_not_count_as_another_key()
    {
        await using var repository = await TestRepository.MakeAsync();
        var only = Assert.Single(await repository.Open.Keys.ListAsync(CancellationToken.None));
        var stray = KeyObject.Wrap(new byte[32], Guid.ParseExact(repository.Open.Id, "N"), repository.Secret, "stray", default);
        await Damage.PutAsync(repository.Store, new ObjectKey("keys/" + new string('5', 32)), stray.Write());

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Keys.RemoveAsync(only.Id, CancellationToken.None));

        Assert.Equal(FailureKind.Refused, refused.Kind);
    }

    [Fact]
    public async Task A_key_that_vanishes_while_the_repository_is_opened_is_passed_over()
    {
        await using var repository = await TestRepository.MakeAsync();
        await Damage.PutAsync(repository.Store, new ObjectKey("keys/" + new string('0', 32)), [1]);
        var vanishing = new LosingStore(repository.Store, repository.Store) { LosesWhatItLists = new string('0', 32) };

        await using var opened = await Repository.OpenAsync(vanishing, repository.Secret, null, repository.Clock, CancellationToken.None);

        Assert.Single(await opened.Keys.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_damaged_key_is_listed_as_such_and_can_be_removed()
    {
        await using var repository = await TestRepository.MakeAsync();
        var added = await repository.Open.Keys.AddAsync(Passphrase, "ann", CancellationToken.None);
        await Damage.FlipAsync(repository.Store, new ObjectKey("keys/" + added.Id), at: 100);

        var damaged = new List<string>();
        var sound = await repository.Open.Keys.ListAsync(CancellationToken.None, (id, _) => damaged.Add(id));
        await repository.Open.Keys.RemoveAsync(added.Id, CancellationToken.None);

        Assert.Equal([added.Id], damaged);
        Assert.Equal(sound, await repository.Open.Keys.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_damaged_key_object_does_not_stand_in_the_way_of_a_sound_one()
    {
        await using var repository = await TestRepository.MakeAsync();
        var added = await repository.Open.Keys.AddAsync(Passphrase, "ann", CancellationToken.None);
        await Damage.FlipAsync(repository.Store, new ObjectKey("keys/" + added.Id), at: 100);

        await using var opened = await OpenAsync(repository, repository.Secret);

        Assert.Equal(repository.Open.Id, opened.Id);
    }

    [Fact]
    public async Task A_missing_key_file_and_one_that_is_something_else_are_told_apart()
    {
        await using var repository = await TestRepository.MakeAsync();
        using var folder = new TempFolder();
        var text = folder.File("text", Encoding.ASCII.GetBytes("not a key\n"));

        var missing = await Assert.ThrowsAsync<HoldfastException>(() =>
            OpenAsync(repository, new RepositorySecret.KeyFile(folder["none"]))
        );
        var other = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync(repository, new RepositorySecret.KeyFile(text)));

        Assert.Equal(FailureKind.NotFound, missing.Kind);
        Assert.Equal(FailureKind.WrongKey, other.Kind);
    }

    [Fact]
    public async Task A_newer_format_is_told_with_both_versions()
    {
        await using var repository = await TestRepository.MakeAsync();
        await Damage.PutAsync(
            repository.Store,
            new ObjectKey("config"),
            CheckedJson.Write(new NewerConfig(7, CheckedJson.Blank), TestJson.Default.NewerConfig)
        );

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync(repository, repository.Secret));

        Assert.Equal(FailureKind.UnsupportedVersion, failure.Kind);
        Assert.Contains("format 7", failure.Message, StringComparison.Ordinal);
        Assert.Contains("format 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_config_that_somebody_without_the_key_changed_is_found_out()
    {
        await using var repository = await TestRepository.MakeAsync();
        var key = new ObjectKey("config");
        var config = RepositoryConfig.Read(await Damage.ReadAsync(repository.Store, key), "test");
        await Damage.PutAsync(repository.Store, key, (config with { ChunkSize = 16 * 1024, Check = CheckedJson.Blank }).Write());

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync(repository, repository.Secret));

        Assert.Equal(FailureKind.Corrupted, failure.Kind);
        Assert.Contains("config", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_with_a_repository_is_not_made_into_another_and_one_without_is_not_opened()
    {
        await using var repository = await TestRepository.MakeAsync();
        await using var empty = new MemoryObjectStore();

        var exists = await Assert.ThrowsAsync<HoldfastException>(() =>
            Repository.CreateAsync(
                repository.Store,
                repository.Secret,
                new RepositoryOptions(),
                repository.CacheFolder,
                repository.Clock,
                CancellationToken.None
            )
        );
        var none = await Assert.ThrowsAsync<HoldfastException>(() =>
            Repository.OpenAsync(empty, repository.Secret, repository.CacheFolder, repository.Clock, CancellationToken.None)
        );

        Assert.Equal(FailureKind.AlreadyExists, exists.Kind);
        Assert.Equal(FailureKind.NotFound, none.Kind);
    }

    [Fact]
    public async Task An_owned_repository_refuses_a_writer_who_is_not_its_owner()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.Open.SetOwnerAsync("service-1", CancellationToken.None);
        await repository.ReopenAsync();

        var refused = Assert.Throws<HoldfastException>(() => repository.Open.ThrowIfOwnedByAnother(me: null));

        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Equal("service-1", repository.Open.Owner);
        repository.Open.ThrowIfOwnedByAnother("service-1");
    }

    /// <summary>A store that loses key objects: each that is put, or one between its listing and its reading.</summary>
    private sealed class LosingStore(IObjectStore inner, MemoryObjectStore memory) : ForwardingObjectStore(inner)
    {
        public string? LosesWhatItLists { get; init; }

        public override async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
        {
            await base.PutIfAbsentAsync(key, content, cancel);
            memory.Lose(key.Value);
            return true;
        }

        public override async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
        {
            await foreach (var entry in base.ListAsync(prefix, cancel))
            {
                if (LosesWhatItLists is { } name && entry.Key.Value.EndsWith(name, StringComparison.Ordinal))
                    memory.Lose(entry.Key.Value);

                yield return entry;
            }
        }
    }

    private static Task<Repository> OpenAsync(TestRepository repository, RepositorySecret secret) =>
        Repository.OpenAsync(repository.Store, secret, repository.CacheFolder, repository.Clock, CancellationToken.None);
}
