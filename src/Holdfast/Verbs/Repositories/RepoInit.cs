using System.CommandLine;
using System.Globalization;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoInit
{
    private const int SmallestChunkKib = 16;
    private const int LargestChunkKib = 4096;

    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var chunk = CommonOptions.Number<int>(
            "--chunk-size-kib",
            "N",
            "KiB a chunk, a power of two from 16 to 4096 (64). Cannot be changed later."
        );
        var compression = new Option<string>("--compression")
        {
            HelpName = "NAME",
            Description = "How hard to compress: fast, default or small (default).",
        };
        var output = OutputOptions.OfObject();
        var command = new Command("init", "Make a repository in an empty folder or in a bucket. A key file that does not exist is made.");
        repository.AddTo(command);
        foreach (var option in new Option[] { chunk, compression })
        {
            command.Options.Add(option);
        }

        output.AddTo(command);

        command.SetAction(
            (parse, cancel) =>
                RunAsync(
                    repository.RequireNew(parse),
                    ReadOptions(parse.GetValue(chunk), parse.GetValue(compression)),
                    output.IsJson(parse),
                    cancel
                )
        );
        return command;
    }

    internal static RepositoryOptions ReadOptions(int? chunkKib, string? compression)
    {
        if (chunkKib is { } kib && (kib < SmallestChunkKib || kib > LargestChunkKib || !int.IsPow2(kib)))
        {
            throw new UsageException($"--chunk-size-kib is {kib}; it is a power of two from {SmallestChunkKib} to {LargestChunkKib}.");
        }

        var standard = new RepositoryOptions();
        return standard with
        {
            ChunkSize = chunkKib * 1024 ?? standard.ChunkSize,
            Compression = compression is null
                ? standard.Compression
                : CompressionNames.TryParse(compression)
                    ?? throw new UsageException($"--compression is '{compression}'; it is {string.Join(", ", CompressionNames.All)}."),
        };
    }

    private static async Task RunAsync(RepositoryAt at, RepositoryOptions options, bool json, CancellationToken cancel)
    {
        var secret = at.Secret.Read();
        var keyFile = (secret as RepositorySecret.KeyFile)?.Path;
        var keyIsNew = !File.Exists(keyFile);
        await using var store = ObjectStores.Open(at.Address, credentials: null, create: true, TimeProvider.System);
        await using var repository = await Repository.CreateAsync(
            store,
            secret,
            options,
            CacheFolder.Find(),
            TimeProvider.System,
            cancel
        );
        var known = await AskAsync(repository, cancel);
        if (json)
        {
            var chunkBytes = options.ChunkSize.ToString(CultureInfo.InvariantCulture);
            JsonOut.Write(new RepositoryOut(repository.Id, store.Name, keyFile, chunkBytes), OfflineJson.Default.RepositoryOut);
            return;
        }

        Console.WriteLine($"Repository {repository.Id} is made in {store.Name}.");
        Console.WriteLine(
            keyFile is null
                ? "Its passphrase opens it. Keep it elsewhere, too: without it, no backup can ever be read."
                : $"Its key is {(keyIsNew ? "the new file " : "")}{keyFile}. Keep a copy of it elsewhere: without it, no backup can ever "
                    + $"be read."
        );
        if (known is not null)
        {
            Console.WriteLine($"The store is of class {known.Class.InWords()}. See docs/stores.md.");
        }
    }

    /// <summary>The repository is made, and stays so where the store cannot be asked now: the first writer asks again.</summary>
    private static async Task<KnownStoreClass?> AskAsync(Repository repository, CancellationToken cancel)
    {
        try
        {
            return await repository.AskStoreClassAsync(cancel);
        }
        catch (HoldfastException e) when (e.IsTransient)
        {
            Console.Error.WriteLine($"holdfast: {Failures.OneLine(e.Message)}");
            return null;
        }
    }
}
