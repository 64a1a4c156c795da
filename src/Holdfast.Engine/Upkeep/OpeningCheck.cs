using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>Looks without a key whether what is needed to open a repository is there and undamaged: <c>config</c> and
/// <c>keys/</c>.</summary>
internal static class OpeningCheck
{
    private static readonly string[] Others = [ObjectNames.Manifests, ObjectNames.Index, ObjectNames.Map, ObjectNames.Data];

    /// <returns>What is damaged; empty where nothing is, or where there is no trace of a repository.</returns>
    public static async Task<IReadOnlyList<CheckDamage>> RunAsync(IObjectStore store, CancellationToken cancel)
    {
        var damage = new List<CheckDamage>();
        var found = 0;
        await foreach (var entry in store.ListAsync(ObjectNames.Keys, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is null)
                continue;

            found++;
            if (KeyObject.TryRead(await store.ReadWholeAsync(entry.Key, cancel)) is null)
                damage.Add(new CheckDamage(entry.Key.Value, "it is not what was written", []));
        }

        if (await FindFlawOfConfigAsync(store, cancel) is { } flaw && (found > 0 || await HoldsOthersAsync(store, cancel)))
            damage.Insert(0, new CheckDamage(ObjectNames.Config.Value, flaw, []));

        if (found == 0 && await HoldsOthersAsync(store, cancel))
            damage.Add(new CheckDamage(ObjectNames.Keys, "there is no key object", []));

        return damage;
    }

    private static async Task<string?> FindFlawOfConfigAsync(IObjectStore store, CancellationToken cancel)
    {
        try
        {
            RepositoryConfig.Read(await store.ReadWholeAsync(ObjectNames.Config, cancel), store.Name);
            return null;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return "it is not there";
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            return "it is not what was written";
        }
    }

    private static async Task<bool> HoldsOthersAsync(IObjectStore store, CancellationToken cancel)
    {
        foreach (var prefix in Others)
        {
            await foreach (var _ in store.ListAsync(prefix, cancel))
                return true;
        }

        return false;
    }
}
