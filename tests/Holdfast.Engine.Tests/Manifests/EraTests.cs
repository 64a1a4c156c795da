using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Tests.Format;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Manifests;

/// <summary>When another catalog is made for a repository: who must stop, and which restore points count.</summary>
public sealed class EraTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public void A_roll_is_written_as_the_page_says_and_read_again()
    {
        var id = new BackupId(Guid.Parse("b0b1b2b3-b4b5-b6b7-b8b9-babbbcbdbebf"));
        var plain = new Roll(2, new HashSet<BackupId> { id }).Write();

        Assert.Equal(FormatPage.Hex("roll"), Convert.ToHexStringLower(plain));
        Assert.Equal([id], Roll.Read(plain, 2, new ObjectKey("catalog/x")).Ids);
        Assert.Throws<HoldfastException>(() => Roll.Read(plain, 3, new ObjectKey("catalog/x")));
        Assert.Throws<HoldfastException>(() => Roll.Read(plain.AsSpan(0, plain.Length - 1), 2, new ObjectKey("catalog/x")));
    }

    [Fact]
    public async Task Who_opened_the_repository_before_the_era_neither_backs_up_nor_removes_nor_exports_any_more()
    {
        await using var repository = await TestRepository.MakeAsync();
        var backup = await BackUpAsync(repository, 1);
        await using var old = await Repository.OpenAsync(repository.Store, repository.Secret, null, repository.Clock, Cancel);
        await repository.Open.BeginEraAsync("service 2", Cancel);

        foreach (
            var act in new Func<Task>[]
            {
                () => old.BackupAsync(new MemoryDevice(TestBytes.Random(70000, 2)), repository.Request(), null, Cancel),
                () => old.RemoveAsync(backup.Id, Cancel),
                () => old.PutRollAsync([], Cancel),
            }
        )
        {
            var thrown = await Assert.ThrowsAsync<HoldfastException>(act);
            Assert.Equal(FailureKind.Refused, thrown.Kind);
            Assert.Contains("era 2", thrown.Message, StringComparison.Ordinal);
        }

        await repository.ReopenAsync();
        Assert.Equal(2, repository.Open.Era);
        Assert.Equal("service 2", repository.Open.Owner);
        Assert.Equal(TestBytes.Random(70000, 1), await repository.RestoreAsync(backup));
    }

    [Fact]
    public async Task A_manifest_that_arrives_after_the_roll_does_not_count_and_one_of_the_new_era_does()
    {
        await using var repository = await TestRepository.MakeAsync();
        var kept = await BackUpAsync(repository, 1);
        var late = await BackUpAsync(repository, 2);
        var bytes = repository.Store[$"manifests/{late.Id}"];
        await repository.Store.DeleteAsync(new ObjectKey($"manifests/{late.Id}"), Cancel);

        await repository.Open.BeginEraAsync("service 2", Cancel);
        await repository.ReopenAsync();
        await repository.Open.PutRollAsync([kept.Id], Cancel);
        repository.Store[$"manifests/{late.Id}"] = bytes;

        Assert.Equal([kept.Id], await ListAsync(repository));
        Assert.Null(await repository.Open.FindAsync(late.Id, Cancel));
        var next = await BackUpAsync(repository, 3);
        Assert.Equal(2, next.Era);
        await repository.ReopenAsync();
        Assert.Equal([kept.Id, next.Id], await ListAsync(repository));
        Assert.Equal(TestBytes.Random(70000, 1), await repository.RestoreAsync(kept));
    }

    [Fact]
    public async Task Until_a_new_eras_roll_is_there_that_of_the_era_before_says_what_counts()
    {
        await using var repository = await TestRepository.MakeAsync();
        var kept = await BackUpAsync(repository, 1);
        var late = await BackUpAsync(repository, 2);
        await repository.Open.BeginEraAsync("service 2", Cancel);
        await repository.ReopenAsync();
        Assert.Equal([kept.Id, late.Id], await ListAsync(repository));

        await repository.Open.PutRollAsync([kept.Id], Cancel);
        var second = await BackUpAsync(repository, 3);
        await repository.Open.BeginEraAsync("service 3", Cancel);
        await repository.ReopenAsync();

        Assert.Equal(3, repository.Open.Era);
        Assert.Equal([kept.Id, second.Id], await ListAsync(repository));
        await repository.Open.PutRollAsync([second.Id], Cancel);
        Assert.Equal([second.Id], await ListAsync(repository));
    }

    [Fact]
    public async Task A_roll_that_cannot_be_read_hides_no_backup()
    {
        await using var repository = await TestRepository.MakeAsync();
        var kept = await BackUpAsync(repository, 1);
        await repository.Open.BeginEraAsync("service 2", Cancel);
        await repository.ReopenAsync();
        await repository.Open.PutRollAsync([], Cancel);
        Assert.Empty(await ListAsync(repository));

        var key = Assert.Single(await repository.KeysAsync("catalog/")).Value;
        var bytes = repository.Store[key].ToArray();
        bytes[^1] ^= 1;
        repository.Store[key] = bytes;
        await repository.ReopenAsync();

        Assert.Equal([kept.Id], await ListAsync(repository));
    }

    private static Task<Manifest> BackUpAsync(TestRepository repository, int seed) =>
        repository.BackupAsync(new MemoryDevice(TestBytes.Random(70000, seed)));

    private static async Task<List<BackupId>> ListAsync(TestRepository repository)
    {
        var ids = new List<BackupId>();
        await foreach (var manifest in repository.Open.ListAsync(Cancel))
        {
            ids.Add(manifest.Id);
        }

        return ids;
    }
}
