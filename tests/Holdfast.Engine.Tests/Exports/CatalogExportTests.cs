using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Tests.Format;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Exports;

/// <summary>Exports of a catalog as objects: which one is the newest, what is kept, and that damage is found.</summary>
public sealed class CatalogExportTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public void A_head_is_written_as_the_page_says_and_read_again()
    {
        var head = new CatalogExportHead
        {
            Repository = "00112233445566778899aabbccddeeff",
            Era = 1,
            Number = 2,
            Catalog = 10,
            TakenAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Settings = new string('0', 63) + "1",
            History = new string('0', 63) + "2",
            Parts = [new CatalogExportPart("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", new string('0', 63) + "3", 211, 197)],
        };

        Assert.Equal(FormatPage.Text("export-head"), Encoding.UTF8.GetString(head.Write()) + "\n");
        var read = CatalogExportHead.Read(head.Write(), new ObjectKey("catalog/x"));
        Assert.Equal(head.Parts, read.Parts);
        Assert.Equal(head with { Parts = [] }, read with { Parts = [] });
        Assert.Equal(FormatPage.Hex("export-uuid"), Convert.ToHexStringLower(ObjectNames.IdOfExport(1, 2).ToByteArray(bigEndian: true)));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", FailureKind.UnsupportedVersion)]
    [InlineData("\"parts\": [", "\"pieces\": [", FailureKind.Corrupted)]
    [InlineData("\"number\": 2", "\"number\": 0", FailureKind.Corrupted)]
    public void A_head_that_is_not_of_this_version_is_told_from_one_that_is_none(string was, string becomes, FailureKind kind)
    {
        var text = FormatPage.Text("export-head").Replace(was, becomes, StringComparison.Ordinal);

        var thrown = Assert.Throws<HoldfastException>(() =>
            CatalogExportHead.Read(Encoding.UTF8.GetBytes(text), new ObjectKey("catalog/x"))
        );
        Assert.Equal(kind, thrown.Kind);
    }

    [Fact]
    public async Task The_newest_is_the_one_with_the_highest_number_and_seven_are_kept()
    {
        await using var repository = await TestRepository.MakeAsync();
        for (var n = 1; n <= CatalogExports.Kept + 3; n++)
        {
            Assert.Equal(n, (await PutAsync(repository, $"export {n}", "and more")).Number);
        }

        var names = await repository.Open.Exports.ListAsync(Cancel);
        Assert.Equal(Enumerable.Range(4, CatalogExports.Kept).Reverse(), names.Select(name => (int)name.Number));
        Assert.Equal(CatalogExports.Kept * 3, (await repository.KeysAsync("catalog/")).Count);
        Assert.Equal(["export 10", "and more"], await TextsAsync(repository, names[0]));
    }

    [Fact]
    public async Task An_export_exists_wholly_or_not_at_all_whatever_the_call_at_which_the_store_dies_and_the_next_one_tidies_up()
    {
        foreach (var mode in new[] { FaultMode.BeforeEffect, FaultMode.AfterEffect })
        {
            for (var (n, died) = (1, true); died; n++)
            {
                await using var repository = await TestRepository.MakeAsync();
                for (var i = 0; i < CatalogExports.Kept; i++)
                {
                    await PutAsync(repository, "before", $"{i}");
                }

                var faulty = new FaultyObjectStore(repository.Store, n, mode);
                await repository.ReopenAsync(faulty);
                var told = await Record.ExceptionAsync(() => PutAsync(repository, "one", "two", "three"));
                died = faulty.IsDead;
                Assert.Equal(died, told is not null);

                await repository.ReopenAsync();
                var names = await repository.Open.Exports.ListAsync(Cancel);
                var newest = await TextsAsync(repository, names[0]);
                Assert.True(newest[0] == "before" || string.Join(' ', newest) == "one two three", string.Join(' ', newest));
                Assert.True(died || newest[0] == "one");
                foreach (var name in names.Take(CatalogExports.Kept))
                {
                    await repository.Open.Exports.ReadAsync(name, Cancel);
                }

                var next = await PutAsync(repository, "next");
                Assert.Equal(["next"], await TextsAsync(repository, next.Name));
                names = await repository.Open.Exports.ListAsync(Cancel);
                Assert.Equal(CatalogExports.Kept, names.Count);
                var parts = 0;
                foreach (var name in names)
                {
                    parts += (await repository.Open.Exports.ReadHeadAsync(name, Cancel)).Parts.Count;
                }

                Assert.Equal(CatalogExports.Kept + parts, (await repository.KeysAsync("catalog/")).Count);
                Assert.True(n < 30, "An export never ends.");
            }
        }
    }

    [Fact]
    public async Task Of_two_that_are_stored_at_once_under_one_number_the_second_is_none_and_the_first_is_whole()
    {
        await using var repository = await TestRepository.MakeAsync();
        var faulty = new FaultyObjectStore(repository.Store, 0, FaultMode.BeforeEffect);
        var first = repository.Open;
        await using var second = await Repository.OpenAsync(faulty, repository.Secret, null, repository.Clock, Cancel);
        var isPut = false;
        faulty.BeforeMutation = (_, key) =>
        {
            if (!isPut && key.Value.EndsWith("-0000000001", StringComparison.Ordinal))
            {
                isPut = true;
                PutAsync(first, "first").GetAwaiter().GetResult();
            }
        };

        var late = await Assert.ThrowsAsync<HoldfastException>(() => PutAsync(second, "second"));

        Assert.Equal(FailureKind.Busy, late.Kind);
        var name = Assert.Single(await first.Exports.ListAsync(Cancel));
        Assert.Equal(["first"], (await first.Exports.ReadAsync(name, Cancel)).Parts.Select(Encoding.UTF8.GetString));
    }

    [Fact]
    public async Task Every_byte_of_head_and_parts_that_is_not_what_was_written_is_noticed_and_the_object_is_named()
    {
        await using var repository = await TestRepository.MakeAsync();
        var name = (await PutAsync(repository, "some rows", "more rows")).Name;
        foreach (var key in await repository.KeysAsync("catalog/"))
        {
            var whole = repository.Store[key.Value];
            for (var at = 0; at < whole.Length; at++)
            {
                var damaged = whole.ToArray();
                damaged[at] ^= 1;
                repository.Store[key.Value] = damaged;
                var thrown = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Exports.ReadAsync(name, Cancel));
                Assert.True(thrown.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion, thrown.Message);
                Assert.Contains(key.Value, thrown.Message, StringComparison.Ordinal);
            }

            repository.Store[key.Value] = whole;
        }

        Assert.Equal(["some rows", "more rows"], await TextsAsync(repository, name));
    }

    [Fact]
    public async Task A_part_of_another_export_is_not_taken_for_this_ones()
    {
        await using var repository = await TestRepository.MakeAsync();
        await PutAsync(repository, "one");
        var two = await PutAsync(repository, "two");
        var keys = (await repository.KeysAsync("catalog/")).Where(key => key.Value.Length > "catalog/".Length + 21).ToList();
        repository.Store[keys[1].Value] = repository.Store[keys[0].Value];

        var thrown = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.Exports.ReadAsync(two.Name, Cancel));
        Assert.Equal(FailureKind.Corrupted, thrown.Kind);
    }

    internal static Task<CatalogExportHead> PutAsync(TestRepository repository, params string[] parts) => PutAsync(repository.Open, parts);

    /// <summary>As the next of its era.</summary>
    private static async Task<CatalogExportHead> PutAsync(Repository repository, params string[] parts)
    {
        var newest = (await repository.Exports.ListAsync(Cancel)).FirstOrDefault(name => name.Era == repository.Era);
        return await repository.Exports.PutAsync(
            new CatalogExportHead
            {
                Repository = "",
                Era = 0,
                Number = newest.Number + 1,
                Catalog = 10,
                TakenAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
                Settings = "",
                History = "",
                Parts = [],
            },
            [.. parts.Select(part => repository.Exports.Seal(Encoding.UTF8.GetBytes(part)))],
            Cancel
        );
    }

    private static async Task<List<string>> TextsAsync(TestRepository repository, CatalogExportName name) =>
        [.. (await repository.Open.Exports.ReadAsync(name, Cancel)).Parts.Select(Encoding.UTF8.GetString)];
}
