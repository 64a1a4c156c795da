using System.Globalization;
using Holdfast.Bench.Upkeep;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects.Local;

// Makes repositories that no machine could fill by backing up: chunks FOLDER KEY COUNT PER-PACK, or backups FOLDER KEY COUNT.
if (args is not ["chunks" or "backups", _, _, _, ..])
{
    Console.Error.WriteLine("usage: chunks FOLDER KEY COUNT PER-PACK | backups FOLDER KEY COUNT");
    return 2;
}

await using var store = new LocalObjectStore(args[1], create: true);
await using var repository = await Repository.CreateAsync(
    store,
    new RepositorySecret.KeyFile(args[2]),
    new RepositoryOptions(),
    cacheFolder: null,
    TimeProvider.System,
    CancellationToken.None
);
var count = Number(args[3]);
if (args[0] == "chunks")
    await new SyntheticChunks(repository.Context, (int)Number(args[4])).FillAsync(count);
else
    await new SyntheticManifests(repository.Context).FillAsync(count);

return 0;

static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
