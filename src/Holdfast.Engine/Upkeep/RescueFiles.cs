using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>A file that is kept in a repository for the day on which it is all there is.</summary>
/// <param name="Name">Lower case letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">64 hex digits.</param>
public sealed record RescueFile(string Name, long Bytes, string Sha256, DateTimeOffset PutAt);

/// <summary>
/// Files that lie in a repository as they are, so that whoever can read its store can take them out with any tool: the program that
/// restores. Beside each lies a seal that only who has a key can make, with its hash: a program from a store that others may write to is
/// not to be run unproven. Spec: docs/format/repository-v1.md, section 12.
/// </summary>
public sealed class RescueFiles
{
    /// <summary>Bytes that a file has at most.</summary>
    public const int MostBytes = 128 * 1024 * 1024;

    /// <summary>Characters that a name has at most.</summary>
    public const int LongestName = 100;

    private const string Seal = ".seal";

    private readonly IObjectStore _store;
    private readonly KeyRing _keys;
    private readonly TimeProvider _clock;
    private readonly Func<CancellationToken, Task> _throwIfGone;

    /// <param name="throwIfGone">Called before anything is put: whether the store still holds this repository.</param>
    internal RescueFiles(IObjectStore store, KeyRing keys, TimeProvider clock, Func<CancellationToken, Task> throwIfGone) =>
        (_store, _keys, _clock, _throwIfGone) = (store, keys, clock, throwIfGone);

    public static bool IsName(string name) =>
        name.Length <= LongestName && !name.Contains('/') && ObjectKey.IsValid(name) && !name.EndsWith(Seal, StringComparison.Ordinal);

    /// <summary>Puts a file, in place of the one of that name. Cut short, it leaves a file that is not <see cref="GetAsync">got</see>; put
    /// it again.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> for a name that is none, or too many bytes;
    /// <see cref="FailureKind.NoSpace"/>; what the store throws.</exception>
    public async Task<RescueFile> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        if (!IsName(name))
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{name}' cannot be the name of a file in a repository: at most {LongestName} of a-z 0-9 . _ -, no dot at its beginning, "
                    + $"and not ending in '{Seal}'."
            );

        if (content.Length > MostBytes)
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{name}' has {content.Length} bytes; a file in a repository has at most {MostBytes}."
            );

        await _throwIfGone(cancel);
        var room = new StoreRoom(_store);
        if (room.Find(RoomUse.Growth) < content.Length)
            throw room.Full();

        var file = new RescueFile(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content.Span)), _clock.GetUtcNow());
        var plain = JsonSerializer.SerializeToUtf8Bytes(RescueSeal.Of(file), RescueJson.Default.RescueSeal);
        await _store.ReplaceAsync(KeyOf(name), new ReadOnlySequence<byte>(content), cancel);
        await _store.ReplaceAsync(
            SealOf(name),
            new ReadOnlySequence<byte>(SealedObject.Seal(_keys, SealedType.Rescue, IdOf(name), plain)),
            cancel
        );
        return file;
    }

    /// <summary>The files that were put, by name.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a seal that does not open.</exception>
    public async IAsyncEnumerable<RescueFile> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var name in NamesAsync(_store, cancel))
            yield return await ReadSealAsync(name, cancel);
    }

    /// <summary>The content of a file, as it was put.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Corrupted"/> when it is not what
    /// was put.</exception>
    public async Task<byte[]> GetAsync(string name, CancellationToken cancel)
    {
        if (!IsName(name) || await _store.FindSizeAsync(SealOf(name), cancel) is null)
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no file '{name}' in the repository in '{_store.Name}'. 'holdfast repo rescue list' shows those that there are."
            );

        var file = await ReadSealAsync(name, cancel);
        var content = await _store.ReadWholeAsync(KeyOf(name), cancel);
        if (content.Length != file.Bytes || Convert.ToHexStringLower(SHA256.HashData(content)) != file.Sha256)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object '{KeyOf(name)}' is not the file that was put on {file.PutAt:u}: somebody or something has changed it. Put it "
                    + $"again, or take it from another copy of the repository."
            );

        return content;
    }

    /// <summary>Brings the files of a copy up to date: those whose seal is another there.</summary>
    /// <returns>Objects and bytes that were put.</returns>
    internal static async Task<(long Objects, long Bytes)> CopyAsync(IObjectStore from, IObjectStore to, CancellationToken cancel)
    {
        var (objects, bytes) = (0L, 0L);
        await foreach (var name in NamesAsync(from, cancel))
        {
            // Anybody may remove a file and leave its seal; that keeps nobody's backups from being copied.
            if (await from.FindSizeAsync(KeyOf(name), cancel) is not { } size)
                continue;

            var seal = await from.ReadWholeAsync(SealOf(name), cancel);
            var isThere =
                await to.FindSizeAsync(SealOf(name), cancel) == seal.Length
                && await to.FindSizeAsync(KeyOf(name), cancel) == size
                && (await to.ReadWholeAsync(SealOf(name), cancel)).AsSpan().SequenceEqual(seal);
            if (isThere)
                continue;

            var content = await from.ReadWholeAsync(KeyOf(name), cancel);
            await to.ReplaceAsync(KeyOf(name), new ReadOnlySequence<byte>(content), cancel);
            await to.ReplaceAsync(SealOf(name), new ReadOnlySequence<byte>(seal), cancel);
            (objects, bytes) = (objects + 2, bytes + content.Length + seal.Length);
        }

        return (objects, bytes);
    }

    private async Task<RescueFile> ReadSealAsync(string name, CancellationToken cancel)
    {
        var bytes = await _store.ReadWholeAsync(SealOf(name), cancel);
        var plain = SealedObject.Open(_keys, SealedType.Rescue, IdOf(name), bytes, SealOf(name));
        return StoredJson.TryRead(System.Text.Encoding.UTF8.GetString(plain), RescueJson.Default.RescueSeal)?.ToFile(name)
            ?? throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{SealOf(name)}' is a seal that this version of Holdfast cannot read. Use a newer one."
            );
    }

    private static async IAsyncEnumerable<string> NamesAsync(IObjectStore store, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in store.ListAsync(ObjectNames.Rescue, cancel))
        {
            var name = entry.Key.Value[ObjectNames.Rescue.Length..];
            if (name.EndsWith(Seal, StringComparison.Ordinal) && IsName(name[..^Seal.Length]))
                yield return name[..^Seal.Length];
        }
    }

    private static ObjectKey KeyOf(string name) => new(ObjectNames.Rescue + name);

    private static ObjectKey SealOf(string name) => new(ObjectNames.Rescue + name + Seal);

    /// <summary>The id of a seal comes of the name, so that one is not taken for another's.</summary>
    private static Guid IdOf(string name) => new(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(name)).AsSpan(0, 16), bigEndian: true);
}

/// <summary>What a seal says.</summary>
internal sealed record RescueSeal(int Version, string? Name, long Bytes, string? Sha256, DateTimeOffset PutAt)
{
    private const int CurrentVersion = 1;

    public static RescueSeal Of(RescueFile file) => new(CurrentVersion, file.Name, file.Bytes, file.Sha256, file.PutAt);

    /// <summary>Null when it is of another version, or says nothing.</summary>
    public RescueFile? ToFile(string name) =>
        Version == CurrentVersion && Name == name && Sha256 is { } hash ? new RescueFile(name, Bytes, hash, PutAt) : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RescueSeal))]
internal sealed partial class RescueJson : JsonSerializerContext;
