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

    private static Task<Repository> OpenAsync(TestRepository repository, RepositorySecret secret) =>
        Repository.OpenAsync(repository.Store, secret, repository.CacheFolder, repository.Clock, CancellationToken.None);
}
