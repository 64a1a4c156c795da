using System.Buffers;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Copies;

/// <summary>Whether a store may become, or is, the second copy of a repository: looked at before the first byte is written.</summary>
internal sealed class CopyTarget(RepositoryContext context, IObjectStore to)
{
    private static readonly string[] Prefixes =
    [
        ObjectNames.Keys,
        ObjectNames.Data,
        ObjectNames.Map,
        ObjectNames.Index,
        ObjectNames.Manifests,
    ];

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the store holds another repository, other things under
    /// our names, or is the repository itself; <see cref="FailureKind.NotFound"/> when there is no copy and is to be one.</exception>
    /// <param name="mustExist">Whether a copy was made there before.</param>
    public async Task ThrowIfUnfitAsync(bool mustExist, CancellationToken cancel)
    {
        if (mustExist && await to.FindSizeAsync(ObjectNames.Config, cancel) is null)
        {
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no copy in '{to.Name}' any more, where there was one. Is it mounted? Is it the right bucket? Where it is lost, "
                    + $"'holdfast repo copy --to' begins it anew."
            );
        }

        switch (await TryReadConfigAsync(cancel))
        {
            case null when await HoldsOthersAsync(cancel):
                throw new HoldfastException(
                    FailureKind.Refused,
                    $"'{to.Name}' holds objects that are no copy of the repository in '{context.Store.Name}'. Name an empty place, or "
                        + $"the one that holds its copy."
                );
            case { } config when config.Id != context.Id:
                throw new HoldfastException(
                    FailureKind.Refused,
                    $"'{to.Name}' holds another repository, {config.Id:N}; the one to copy is {context.Id:N}. Name another place."
                );
            case { }:
                await ThrowIfSameAsync(cancel);
                break;
        }
    }

    /// <summary>Gives the copy the repository's <c>config</c> as it is now. Until it has one it is no repository: so what is copied is not
    /// taken for whole before it is.</summary>
    public async Task PutConfigAsync(CancellationToken cancel)
    {
        var bytes = await context.Store.ReadWholeAsync(ObjectNames.Config, cancel);
        var config = RepositoryConfig.Read(bytes, context.Store.Name);
        if (config.Id != context.Id || !config.IsSignedBy(context.Keys))
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object 'config' of the repository in '{context.Store.Name}' was changed by somebody without the key. It was not copied."
            );
        }

        if (!await HasAsync(to, ObjectNames.Config, bytes, cancel))
            await to.ReplaceAsync(ObjectNames.Config, new ReadOnlySequence<byte>(bytes), cancel);
    }

    private static async Task<bool> HasAsync(IObjectStore store, ObjectKey key, byte[] bytes, CancellationToken cancel)
    {
        try
        {
            return (await store.ReadWholeAsync(key, cancel)).AsSpan().SequenceEqual(bytes);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return false;
        }
    }

    /// <summary>Null when there is none, or none that can be read.</summary>
    private async Task<RepositoryConfig?> TryReadConfigAsync(CancellationToken cancel)
    {
        try
        {
            return RepositoryConfig.Read(await to.ReadWholeAsync(ObjectNames.Config, cancel), to.Name);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.NotFound or FailureKind.Corrupted)
        {
            return null;
        }
    }

    /// <summary>Whether there is anything, and no key of ours. An attempt of ours that died put the keys first.</summary>
    private async Task<bool> HoldsOthersAsync(CancellationToken cancel)
    {
        await foreach (var (_, key) in KeyObjects.ReadAllAsync(to, cancel))
        {
            if (key?.Repository == context.Id.ToString("N"))
                return false;
        }

        foreach (var prefix in Prefixes)
        {
            await foreach (var _ in to.ListAsync(prefix, cancel))
                return true;
        }

        return await to.FindSizeAsync(ObjectNames.Config, cancel) is not null;
    }

    /// <summary>Names may differ and still mean one place (links, mounts, two addresses of a server): so something is put there and looked
    /// for here.</summary>
    private async Task ThrowIfSameAsync(CancellationToken cancel)
    {
        var probe = RandomNumberGenerator.GetBytes(32);
        await to.ReplaceAsync(ObjectNames.CopyProbe, new ReadOnlySequence<byte>(probe), cancel);
        var isSame = await HasAsync(context.Store, ObjectNames.CopyProbe, probe, cancel);
        await to.DeleteAsync(ObjectNames.CopyProbe, cancel);
        if (isSame)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{to.Name}' is the repository itself: '{context.Store.Name}' is the same place. A second copy lies elsewhere."
            );
        }
    }
}
