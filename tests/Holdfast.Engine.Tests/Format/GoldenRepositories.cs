using System.Security.Cryptography;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Format;

/// <summary>
/// Makes repositories for readers that are not ours, when HOLDFAST_GOLDEN names an empty folder: <c>NAME/repository</c>, <c>NAME/key</c>
/// (and <c>NAME/passphrase</c>, which opens it too), and for each backup what it must restore to, <c>NAME/expected/BACKUP</c>. The last
/// backup of volume <c>disk</c> is also <c>NAME/latest</c>.
/// </summary>
public sealed class GoldenRepositories
{
    private const int Kib = 1024;
    private const string Passphrase = "correct horse, größer";

    public static TheoryData<string, int, string> All { get; } =
        new()
        {
            { "usual", 64 * Kib, "default" },
            { "small-chunks", 16 * Kib, "fast" },
            { "large-chunks", 4096 * Kib, "small" },
        };

    [Theory]
    [MemberData(nameof(All))]
    public async Task Are_made_and_restore_to_what_they_should(string name, int chunkSize, string compression)
    {
        using var temporary = new TempFolder();
        var given = Environment.GetEnvironmentVariable("HOLDFAST_GOLDEN");
        var folder = Path.Combine(string.IsNullOrEmpty(given) ? temporary["golden"] : given, name);
        Directory.CreateDirectory(Path.Combine(folder, "expected"));
        var secret = new RepositorySecret.KeyFile(Path.Combine(folder, "key"));
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var options = new RepositoryOptions
        {
            ChunkSize = chunkSize,
            Compression = CompressionNames.TryParse(compression) ?? Compression.Default,
            PackSize = RepositoryConfig.MinPackSize,
        };
        await using var store = new LocalObjectStore(Path.Combine(folder, "repository"), create: true);
        await using var repository = await Repository.CreateAsync(
            store,
            secret,
            options,
            temporary["cache"],
            clock,
            TestContext.Current.CancellationToken
        );
        await repository.Keys.AddAsync(new RepositorySecret.Passphrase(Passphrase), "second", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "passphrase"), Passphrase, TestContext.Current.CancellationToken);

        var number = 0;
        BackupId? parent = null;
        foreach (var (volume, content) in Contents(chunkSize))
        {
            var request = new BackupRequest
            {
                Id = BackupId.New(clock),
                Volume = volume,
                Parent = volume == "disk" ? parent : null,
                Number = ++number,
            };
            clock.Advance(TimeSpan.FromMinutes(1));

            // The minute is ours alone: what a folder held before it must have other times than what it holds after.
            FileClock.WaitForNextTick(temporary);
            await repository.BackupAsync(new MemoryDevice(content), request, null, TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(
                Path.Combine(folder, "expected", request.Id.ToString()),
                content,
                TestContext.Current.CancellationToken
            );

            var target = new MemoryDevice(new byte[content.Length]);
            await repository.RestoreAsync(request.Id, target, new(), null, TestContext.Current.CancellationToken);
            Assert.Equal(SHA256.HashData(content), SHA256.HashData(target.ToArray()));
            if (volume == "disk")
            {
                parent = request.Id;
                await File.WriteAllTextAsync(Path.Combine(folder, "latest"), $"{request.Id}\n", TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Volumes with text, noise, repetition, holes, odd ends; more than one leaf of the map; and two states more of the
    /// first.</summary>
    private static IEnumerable<(string Volume, byte[] Content)> Contents(int chunkSize)
    {
        var random = new Random(7);
        var disk = new byte[(Math.Min(chunkSize, 64 * Kib) * 1100) + 12_345];
        random.NextBytes(disk.AsSpan(0, 2_000_000));
        for (var at = 5_000_000; at < 9_000_000; at++)
            disk[at] = (byte)('a' + (at * 7L % 1_000_003 % 26));

        disk.AsSpan(0, 300_000).CopyTo(disk.AsSpan(disk.Length - 300_000));
        yield return ("disk", (byte[])disk.Clone());
        yield return ("empty", new byte[(3 * chunkSize) + 1]);
        yield return ("tiny", [1, 2, 3]);
        random.NextBytes(disk.AsSpan(6_000_000, 70_000));
        disk.AsSpan(1_000_000, 200_000).Clear();
        yield return ("disk", (byte[])disk.Clone());
        yield return ("disk", [.. disk.AsSpan(0, 8_000_001)]);
    }
}
