using Holdfast.Engine.Upkeep;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Files that are kept in a repository. Neither lock nor owner is asked: no other verb, and no service, touches them.</summary>
internal static class OfflineRescue
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "name",
        "bytes",
        "sha256",
        "@put_at",
    ];

    public static async Task PutAsync(RepositoryAt at, string path, CancellationToken cancel)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            throw new VerbFailedException($"there is no file '{path}'.");
        }

        if (info.Length > RescueFiles.MostBytes)
        {
            throw new VerbFailedException($"'{path}' has {info.Length} bytes; a file in a repository has at most {RescueFiles.MostBytes}.");
        }

        var content = await File.ReadAllBytesAsync(path, cancel);
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var file = await opened.Repository.Rescue.PutAsync(info.Name, content, cancel);
        Console.WriteLine($"'{file.Name}' ({Text.Bytes(file.Bytes)}) is in '{opened.Place}', under rescue/.");
        Console.WriteLine($"SHA-256 {file.Sha256}");
        Console.WriteLine("Who has a key gets it with 'holdfast repo rescue get'; any other tool can take it out, but not prove it: write");
        Console.WriteLine("the hash beside the printed key.");
    }

    public static async Task ListAsync(RepositoryAt at, ListOutput output, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var files = await opened.Repository.Rescue.ListAsync(cancel).ToListAsync(cancel);
        if (!output.Wrote([.. files.Select(RescueFileOut.Of)], OfflineJson.Default.IReadOnlyListRescueFileOut, Fields))
        {
            Tables.Print(
                ["Name", "Size", "SHA-256", "Put (UTC)"],
                files.Select(file => new[] { file.Name, Text.Bytes(file.Bytes), file.Sha256, Text.Time(file.PutAt) }),
                output
            );
        }
    }

    /// <param name="name">Null for the only one.</param>
    /// <param name="to">Null for a file of its name in the working folder.</param>
    public static async Task GetAsync(RepositoryAt at, string? name, string? to, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        name ??= await OnlyAsync(opened, cancel);
        to ??= name;
        if (File.Exists(to) || Directory.Exists(to))
        {
            throw new VerbFailedException($"'{to}' is there already. Name another place with --to.");
        }

        var content = await opened.Repository.Rescue.GetAsync(name, cancel);

        // Under its name there is the whole of it or nothing.
        var part = $"{to}.part";
        try
        {
            await File.WriteAllBytesAsync(part, content, cancel);
            File.SetUnixFileMode(part, Executable);
            File.Move(part, to, overwrite: false);
        }
        catch
        {
            File.Delete(part);
            throw;
        }

        Console.WriteLine($"'{to}' is '{name}' as it was put ({Text.Bytes(content.Length)}).");
    }

    private static async Task<string> OnlyAsync(OfflineRepository opened, CancellationToken cancel)
    {
        var names = await opened.Repository.Rescue.ListAsync(cancel).Select(file => file.Name).ToListAsync(cancel);
        return names.Count == 1
            ? names[0]
            : throw new VerbFailedException(
                names.Count == 0
                    ? $"there is no file in '{opened.Place}'. 'holdfast repo rescue put FILE' puts one."
                    : $"there are {names.Count} files in '{opened.Place}': name one of {string.Join(", ", names)}."
            );
    }
}
