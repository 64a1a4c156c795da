using System.Text;
using Holdfast.Engine.Format;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Exports;

/// <summary>What runs of prune have said they would delete, for whoever makes a catalog anew.</summary>
public sealed class AnnouncedObjectsTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly Guid Run = Guid.Parse("c0c1c2c3-c4c5-c6c7-c8c9-cacbcccdcecf");

    [Fact]
    public async Task What_a_mark_names_and_is_there_is_told_with_its_size_and_its_run()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.BackupAsync(new MemoryDevice(TestBytes.Random(100_000, 1)));
        var pack = Assert.Single(await repository.KeysAsync("data/")).Value;
        Mark(repository, $$"""{"version":1,"era":1,"objects":["{{pack}}","data/00/{{new string('0', 32)}}"]}""");

        var announced = await repository.Open.ReadAnnouncedAsync((_, e) => throw e, Cancel);

        var (name, told) = Assert.Single(announced);
        Assert.Equal((pack, repository.Store[pack].Length, Run.ToString("N")), (name, (int)told.Bytes, told.Run));
    }

    [Theory]
    [InlineData("""{"version":2,"era":1,"objects":[]}""")]
    [InlineData("""{"version":1,"era":1,"objects":["../x"]}""")]
    [InlineData("""{"version":1,"era":1}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public async Task A_mark_that_is_none_is_named_and_passed_over(string plain)
    {
        await using var repository = await TestRepository.MakeAsync();
        Mark(repository, plain);
        var damaged = new List<string>();

        Assert.Empty(await repository.Open.ReadAnnouncedAsync((name, _) => damaged.Add(name), Cancel));
        Assert.Equal([$"prune/{Run:N}"], damaged);

        repository.Store[$"prune/{Run:N}"] = [1, 2, 3];
        Assert.Empty(await repository.Open.ReadAnnouncedAsync((name, _) => damaged.Add(name), Cancel));
        Assert.Equal(2, damaged.Count);
    }

    [Fact]
    public async Task A_copy_of_an_index_object_stands_for_it_when_it_is_gone()
    {
        await using var repository = await TestRepository.MakeAsync();
        var manifest = await repository.BackupAsync(new MemoryDevice(TestBytes.Random(100_000, 1)));
        var old = Assert.Single(await repository.Open.ListIndexObjectsAsync(Cancel)).Key;

        var (id, items, bytes) = await repository.Open.CopyIndexObjectAsync(old, Cancel);

        Assert.NotEqual(old, id);
        Assert.Equal(bytes, (await repository.Open.ListIndexObjectsAsync(Cancel))[id]);
        Assert.Equal(3, items);
        await repository.Store.DeleteAsync(new Engine.Objects.ObjectKey($"index/{old:N}"), Cancel);
        await repository.ReopenAsync(loseCache: true);
        Assert.Equal(TestBytes.Random(100_000, 1), await repository.RestoreAsync(manifest));
    }

    private static void Mark(TestRepository repository, string plain) =>
        repository.Store[$"prune/{Run:N}"] = SealedObject.Seal(
            repository.Open.Context.Keys,
            (SealedType)5,
            Run,
            Encoding.UTF8.GetBytes(plain)
        );
}
