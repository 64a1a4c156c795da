using Holdfast.Engine.Basics;
using Holdfast.Engine.Restore;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

public sealed class BackupTests
{
    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024)]
    [InlineData(4 * 1024 * 1024)]
    public async Task What_was_backed_up_is_restored_bit_for_bit(int chunkSize)
    {
        await using var repository = await TestRepository.MakeAsync(chunkSize);
        var content = TestBytes.Mixed(11_000_123, seed: chunkSize);

        var manifest = await repository.BackupAsync(new MemoryDevice(content));

        Assert.Equal(content, await repository.RestoreAsync(manifest));
        await repository.ReopenAsync(loseCache: true);
        Assert.Equal(content, await repository.RestoreAsync(manifest));
    }

    [Fact]
    public async Task An_empty_volume_has_a_restore_point_too()
    {
        await using var repository = await TestRepository.MakeAsync();

        var manifest = await repository.BackupAsync(new MemoryDevice(0));

        Assert.Equal(0, manifest.VolumeSize);
        Assert.Equal(1, manifest.Levels);
        Assert.Empty(await repository.RestoreAsync(manifest));
    }

    [Fact]
    public async Task A_volume_of_zeros_stores_nothing_but_its_manifest()
    {
        await using var repository = await TestRepository.MakeAsync();

        var manifest = await repository.BackupAsync(new MemoryDevice(new byte[3_000_000]));

        Assert.Equal(new string('0', 64), manifest.Root);
        Assert.Equal(0, manifest.Figures.BytesStored);
        Assert.Equal(manifest.Figures.ChunksTotal, manifest.Figures.ChunksZero);
        Assert.Equal(new byte[3_000_000], await repository.RestoreAsync(manifest));
    }

    [Fact]
    public async Task The_same_content_a_second_time_is_not_stored_again()
    {
        await using var repository = await TestRepository.MakeAsync();
        var content = TestBytes.Random(9_000_000, seed: 1);
        await repository.BackupAsync(new MemoryDevice(content));
        await repository.ReopenAsync();

        var again = await repository.BackupAsync(new MemoryDevice(content));

        Assert.Equal(0, again.Figures.ChunksNew);
        Assert.Equal(0, again.Figures.BytesStored);
        Assert.Equal(content.Length, again.Figures.BytesRead);
    }

    [Fact]
    public async Task A_chunk_that_occurs_many_times_in_a_volume_is_stored_once()
    {
        await using var repository = await TestRepository.MakeAsync();
        var chunk = TestBytes.Random(64 * 1024, seed: 2);
        var content = Enumerable.Repeat(chunk, 200).SelectMany(bytes => bytes).ToArray();

        var manifest = await repository.BackupAsync(new MemoryDevice(content));

        Assert.Equal(1, manifest.Figures.ChunksNew);
        Assert.Equal(200, manifest.Figures.ChunksChanged);
        Assert.Equal(content, await repository.RestoreAsync(manifest));
    }

    [Fact]
    public async Task Figures_tell_what_changed_since_the_parent()
    {
        await using var repository = await TestRepository.MakeAsync();
        var content = TestBytes.Random(100 * 64 * 1024, seed: 3);
        var first = await repository.BackupAsync(new MemoryDevice(content));
        content[5 * 64 * 1024] ^= 1;
        content.AsSpan(70 * 64 * 1024, 64 * 1024).Clear();

        var second = await repository.BackupAsync(new MemoryDevice(content), first.Id);

        Assert.Equal(1, second.Figures.ChunksNew);
        Assert.Equal(2, second.Figures.ChunksChanged);
        Assert.Equal(1, second.Figures.ChunksZero);
        Assert.Equal(64 * 1024, second.Figures.BytesNew);
        Assert.Equal(first.Id, second.Parent);
        Assert.Equal(content, await repository.RestoreAsync(second));
    }

    [Fact]
    public async Task Only_the_changed_part_of_a_map_is_stored_again()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var content = TestBytes.Random(40 * 1024 * 1024, seed: 4);
        var first = await repository.BackupAsync(new MemoryDevice(content));
        content[20 * 1024 * 1024] ^= 1;

        var second = await repository.BackupAsync(new MemoryDevice(content), first.Id);

        // Of three leaves and a root, one leaf and the root; and one chunk.
        Assert.InRange(second.Figures.BytesStored, 16 * 1024, (16 + 32 + 8) * 1024);
        Assert.Equal(content, await repository.RestoreAsync(second));
    }

    [Theory]
    [InlineData(64L << 30, 64 * 1024, 2)]
    [InlineData(1L << 50, 64 * 1024, 4)]
    public async Task Only_what_a_sparse_device_calls_data_is_read(long size, int chunkSize, int levels)
    {
        await using var repository = await TestRepository.MakeAsync(chunkSize);
        var device = new MemoryDevice(size);
        foreach (var at in new[] { 0, 13L << 30, (40L << 30) + 4096, size - 100 })
            device.Poke(at, TestBytes.Random(100, seed: (int)(at >> 20)));

        var manifest = await repository.BackupAsync(device);
        var target = new MemoryDevice(size);
        await repository.Open.RestoreAsync(manifest.Id, target, new RestoreOptions { TargetIsZero = true }, null, CancellationToken.None);

        Assert.Equal(4 * 64 * 1024, device.BytesRead);
        Assert.Equal(levels, manifest.Levels);
        Assert.Equal(4, manifest.Figures.ChunksTotal - manifest.Figures.ChunksZero);
        Assert.Equal(4 * 64 * 1024, target.BytesWritten);
        var (expected, actual) = (new byte[100], new byte[100]);
        device.Peek((40L << 30) + 4096, expected);
        target.Peek((40L << 30) + 4096, actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Chunks_that_became_holes_count_as_changed()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var content = TestBytes.Random(48 * 1024 * 1024, seed: 5);
        var first = await repository.BackupAsync(new MemoryDevice(content));
        var punched = new MemoryDevice(content.Length);
        punched.Poke(0, content.AsSpan(0, 1024 * 1024));

        var second = await repository.BackupAsync(punched, first.Id);

        Assert.Equal(1024 * 1024, punched.BytesRead);
        Assert.Equal(47 * 64, second.Figures.ChunksChanged);
        Assert.Equal(punched.ToArray(), await repository.RestoreAsync(second));
    }

    [Fact]
    public async Task An_id_that_is_taken_is_refused_and_nothing_is_read()
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = await repository.BackupAsync(new MemoryDevice(TestBytes.Random(100_000, seed: 6)));
        var device = new MemoryDevice(TestBytes.Random(100_000, seed: 7));

        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            repository.Open.BackupAsync(device, repository.Request() with { Id = first.Id }, null, CancellationToken.None)
        );

        Assert.Equal(FailureKind.AlreadyExists, refused.Kind);
        Assert.Equal(0, device.BytesRead);
    }

    [Fact]
    public async Task The_manifest_keeps_what_the_request_said()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.BackupAsync(new MemoryDevice(TestBytes.Random(100_000, seed: 8), "/dev/vdb"));
        await repository.ReopenAsync();

        var manifest = await repository.Open.FindLatestAsync(TestRepository.Volume, CancellationToken.None);

        Assert.NotNull(manifest);
        Assert.Equal("/dev/vdb", manifest.Source);
        Assert.Equal("disk", manifest.Labels["name"]);
        Assert.Equal("live", manifest.Consistency);
        Assert.Null(await repository.Open.FindLatestAsync("another", CancellationToken.None));
    }

    [Fact]
    public async Task A_removed_restore_point_is_gone_and_removing_it_twice_is_no_error()
    {
        await using var repository = await TestRepository.MakeAsync();
        var manifest = await repository.BackupAsync(new MemoryDevice(TestBytes.Random(100_000, seed: 9)));

        await repository.Open.RemoveAsync(manifest.Id, CancellationToken.None);
        await repository.Open.RemoveAsync(manifest.Id, CancellationToken.None);

        Assert.Null(await repository.Open.FindAsync(manifest.Id, CancellationToken.None));
        Assert.Equal(0, (await repository.Open.StatsAsync(CancellationToken.None)).Backups);
    }
}
