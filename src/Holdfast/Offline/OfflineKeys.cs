using System.Globalization;
using Holdfast.Engine;
using Holdfast.Engine.Keys;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>The keys of a repository. Neither lock nor owner is asked: a key object is read when a repository is opened and never again,
/// so key changes are safe beside whoever writes or prunes.</summary>
internal static class OfflineKeys
{
    /// <summary>Hex digits of an id that are enough to name a key, where no other begins with them.</summary>
    private const int LeastDigits = 4;

    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "kind",
        "label",
        "@created_at",
        "used",
    ];

    /// <exception cref="VerbFailedException">After the list, where a key is damaged.</exception>
    public static async Task ListAsync(RepositoryAt at, ListOutput output, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var (keys, damaged) = await ReadAsync(opened.Repository.Keys, cancel);
        var used = opened.Repository.Keys.OpenedWith;
        if (!output.Wrote([.. keys.Select(key => KeyOut.Of(key, used))], OfflineJson.Default.IReadOnlyListKeyOut, Fields))
        {
            Tables.Print(
                ["Key", "Kind", "Label", "Made (UTC)", "Used now"],
                keys.Select(key =>
                    new[] { key.Id, key.Kind, Tables.Plain(key.Label), Text.Time(key.CreatedAt), key.Id == used ? "yes" : "" }
                ),
                output
            );
        }

        if (damaged.Count > 0)
        {
            throw new VerbFailedException(
                $"the list is not whole: {damaged.Count} key{(damaged.Count == 1 ? " is" : "s are")} damaged "
                    + $"({string.Join(", ", damaged)}). 'holdfast repo key remove' removes one that nobody needs."
            );
        }
    }

    /// <param name="label">Null for the name of the key file, or the word passphrase.</param>
    public static async Task AddAsync(RepositoryAt at, SecretSource source, string? label, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var secret = source.Read();
        var (isFile, name) = secret is RepositorySecret.KeyFile file
            ? (!File.Exists(file.Path), Path.GetFileName(file.Path))
            : (false, "passphrase");
        var added = await opened.Repository.Keys.AddAsync(secret, label ?? name, cancel);
        Tell(at, added, opened.Repository, json, "opens", isFile ? secret : null);
    }

    /// <param name="label">Null for the label of the key that goes.</param>
    public static async Task ChangeAsync(RepositoryAt at, SecretSource source, string? label, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var secret = source.Read();
        var isNew = secret is RepositorySecret.KeyFile file && !File.Exists(file.Path);
        var old = opened.Repository.Keys.OpenedWith;
        var added = await opened.Repository.Keys.ChangeAsync(secret, label, cancel);
        Tell(at, added, opened.Repository, json, $"has taken the place of {old} and opens", isNew ? secret : null);
    }

    /// <param name="given">A key's id or the beginning of it.</param>
    public static async Task RemoveAsync(RepositoryAt at, string given, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var keys = opened.Repository.Keys;
        var (sound, damaged) = await ReadAsync(keys, cancel);
        var id = Choose(given, [.. sound.Select(key => key.Id), .. damaged]);
        await keys.RemoveAsync(id, cancel);
        Console.WriteLine($"Key {id} is removed: it does not open repository {opened.Repository.Id} any more.");
        Console.WriteLine("A copy of the repository from before, a second copy too, is still opened by it.");
    }

    /// <summary>Prints the key file that opened the repository, as a page to keep on paper.</summary>
    public static async Task PrintKitAsync(RepositoryAt at, CancellationToken cancel)
    {
        if (at.Secret.KeyFile is not { } file)
        {
            throw new UsageException(
                "a kit is of a key file: give it with --key FILE. Where there is none, 'holdfast repo key add --new-key FILE' makes one."
            );
        }

        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var keys = opened.Repository.Keys;
        var (sound, _) = await ReadAsync(keys, cancel);
        var key = sound.Single(one => one.Id == keys.OpenedWith);
        Console.WriteLine(Kit(opened.Place, opened.Repository.Id, key, KeyKit.Make(file)));
    }

    internal static string Kit(string place, string repository, RepositoryKey key, IReadOnlyList<string> lines) =>
        $"""
        Holdfast key kit

        Opens repository  {repository}
        in                {place}
        Key               {key.Id}
        Label             {key.Label}
        Made              {key.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}

            {string.Join("\n    ", lines)}

        Whoever has this page and the repository, or a copy of it, can read all
        of its backups. Keep the page like a key, away from the machine.

        To use it, type the six numbered lines into a file; that file is good
        wherever Holdfast asks for a key file:

            holdfast backup list --repository DIR --key FILE

        Capital and small letters mean the same, and so do o and 0, i, l and 1.
        A mistake is told with the number of its line.
        """;

    private static async Task<(IReadOnlyList<RepositoryKey> Sound, List<string> Damaged)> ReadAsync(
        RepositoryKeys keys,
        CancellationToken cancel
    )
    {
        var damaged = new List<string>();
        var sound = await keys.ListAsync(cancel, (id, _) => damaged.Add(id));

        // Whoever can write to the store can write labels, too.
        var shown = sound.Select(key => key with { Label = string.Concat(key.Label.Where(c => !char.IsControl(c))) });
        return ([.. shown.OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)], damaged);
    }

    private static string Choose(string given, IReadOnlyList<string> ids)
    {
        var matching = ids.Where(id => id.StartsWith(given, StringComparison.OrdinalIgnoreCase)).ToList();
        return matching switch
        {
            _ when given.Length < LeastDigits => throw new UsageException(
                $"'{given}' is too short for a key's id: give {LeastDigits} digits of it at least. 'holdfast repo key list' shows the ids."
            ),
            [var only] => only,
            [] => throw new VerbFailedException($"there is no key '{given}'. 'holdfast repo key list' shows the ids."),
            _ => throw new VerbFailedException($"'{given}' is the beginning of {matching.Count} keys. Give more of its id."),
        };
    }

    private static void Tell(RepositoryAt at, RepositoryKey key, Repository repository, bool json, string what, RepositorySecret? made)
    {
        if (json)
        {
            JsonOut.Write(KeyOut.Of(key, repository.Keys.OpenedWith), OfflineJson.Default.KeyOut);
            return;
        }

        Console.WriteLine($"Key {key.Id} ({key.Label}) {what} the repository in {at.Address}.");
        if (made is RepositorySecret.KeyFile file)
        {
            Console.WriteLine($"It is the new file {file.Path}. Keep a copy of it elsewhere; 'holdfast repo key kit' prints it.");
        }
    }
}
