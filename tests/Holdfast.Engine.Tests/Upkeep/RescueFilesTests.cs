using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>The program that restores, kept beside what it restores. Spec: docs/format/repository-v1.md, section 12.</summary>
public sealed class RescueFilesTests
{
    private const string Name = "holdfast-rescue-linux-x64.tar.gz";

    private static readonly byte[] Content = TestBytes.Random(300_000, seed: 1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_put_lies_there_as_it_is_and_is_got()
    {
        await using var repository = await TestRepository.MakeAsync();

        var put = await repository.Open.Rescue.PutAsync(Name, Content, Cancel);
        await repository.ReopenAsync();

        Assert.Equal(Content, repository.Store["rescue/" + Name]);
        Assert.Equal(Content, await repository.Open.Rescue.GetAsync(Name, Cancel));
        Assert.Equal([put], await repository.Open.Rescue.ListAsync(Cancel).ToListAsync(Cancel));
        Assert.Equal((Name, Content.Length), (put.Name, put.Bytes));
    }

    [Fact]
    public async Task A_newer_one_takes_its_place()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.Open.Rescue.PutAsync(Name, Content, Cancel);

        await repository.Open.Rescue.PutAsync(Name, Content.AsMemory(1), Cancel);

        Assert.Equal(Content[1..], await repository.Open.Rescue.GetAsync(Name, Cancel));
    }

    /// <summary>Also a whole other file, which somebody put there with its seal under another name.</summary>
    [Theory]
    [InlineData("flipped")]
    [InlineData("cut")]
    [InlineData("lost")]
    [InlineData("seal of another")]
    [InlineData("seal of an older one")]
    public async Task What_is_not_what_was_put_is_not_given(string how)
    {
        await using var repository = await TestRepository.MakeAsync();
        var rescue = repository.Open.Rescue;
        await rescue.PutAsync(Name, Content, Cancel);
        var seal = repository.Store[$"rescue/{Name}.seal"];
        await rescue.PutAsync("other", new byte[10], Cancel);
        switch (how)
        {
            case "flipped":
                repository.Store.Damage("rescue/" + Name, 1000);
                break;
            case "cut":
                repository.Store.Truncate("rescue/" + Name, 1000);
                break;
            case "lost":
                repository.Store.Lose("rescue/" + Name);
                break;
            case "seal of another":
                repository.Store["rescue/" + Name] = new byte[10];
                repository.Store[$"rescue/{Name}.seal"] = repository.Store["rescue/other.seal"];
                break;
            default:
                await rescue.PutAsync(Name, Content.AsMemory(1), Cancel);
                repository.Store[$"rescue/{Name}.seal"] = seal;
                break;
        }

        var e = await Assert.ThrowsAsync<HoldfastException>(() => rescue.GetAsync(Name, Cancel));

        Assert.Equal(how == "lost" ? FailureKind.NotFound : FailureKind.Corrupted, e.Kind);
        Assert.Contains(Name, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("../config")]
    [InlineData("Upper")]
    [InlineData("a.seal")]
    public async Task A_name_that_is_none_is_refused_and_nothing_is_put(string name)
    {
        await using var repository = await TestRepository.MakeAsync();
        var before = repository.Store.Keys;

        var e = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Rescue.PutAsync(name, Content, Cancel));

        Assert.Equal(FailureKind.Refused, e.Kind);
        Assert.Equal(before, repository.Store.Keys);
        e = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Rescue.GetAsync(name, Cancel));
        Assert.Equal(FailureKind.NotFound, e.Kind);
    }

    [Fact]
    public async Task Prune_and_check_leave_it_alone_and_a_copy_has_it_also_when_it_changes_without_growing()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.BackupAsync(new MemoryDevice(TestBytes.Random(1_000_000, seed: 2)));
        await repository.Open.Rescue.PutAsync(Name, Content, Cancel);
        await using var copy = new MemoryObjectStore("copy");
        await repository.Open.PruneAsync(repository.Open.MakeFolderLedger(), new PruneOptions(), Cancel);
        Assert.True((await repository.Open.CheckAsync(new CheckOptions(), null, Cancel)).IsSound);

        await repository.Open.CopyToAsync(copy, new CopyOptions(), null, Cancel);
        Assert.Equal(Content, copy["rescue/" + Name]);
        var other = TestBytes.Random(Content.Length, seed: 3);
        await repository.Open.Rescue.PutAsync(Name, other, Cancel);
        var report = await repository.Open.CopyToAsync(copy, new CopyOptions(), null, Cancel);

        Assert.Equal(2, report.ObjectsCopied);
        await repository.ReopenAsync(copy);
        Assert.Equal(other, await repository.Open.Rescue.GetAsync(Name, Cancel));
    }

    [Fact]
    public async Task A_file_that_was_removed_without_its_seal_keeps_no_copy_from_being_made()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.Open.Rescue.PutAsync(Name, Content, Cancel);
        await repository.Open.Rescue.PutAsync("other", Content, Cancel);
        repository.Store.Lose("rescue/" + Name);
        await using var copy = new MemoryObjectStore("copy");

        Assert.True((await repository.Open.CopyToAsync(copy, new CopyOptions(), null, Cancel)).IsSound);

        Assert.Equal(["rescue/other", "rescue/other.seal"], copy.Keys.Where(key => key.StartsWith("rescue/", StringComparison.Ordinal)));
    }
}
