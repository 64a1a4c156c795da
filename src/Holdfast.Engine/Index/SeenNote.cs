using System.Security.Cryptography;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Index;

/// <summary>
/// A note beside the index cache: under which state of the store (names of index objects, names and lengths of packs) which roots were
/// found whole. A process that meets the same state once more need not open the cache to know it. Disposable; what is damaged fits nothing.
/// </summary>
internal sealed class SeenNote(string? cacheRoot)
{
    private const string Name = "seen-1";
    private const int MaxLength = 1024 * 1024;

    private readonly string? _path = cacheRoot is null ? null : Path.Combine(cacheRoot, Name);

    private volatile bool _isWritten;

    /// <summary>Whether there is a place for a note and this process has not written one: a service that runs on knows by its
    /// cache.</summary>
    public bool IsDue => _path is not null && !_isWritten;

    /// <summary>The state of the store.</summary>
    public static byte[] DigestOf(IEnumerable<Guid> index, PackListing packs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> entry = stackalloc byte[FolderPacks.EntrySize];
        foreach (var id in index.Order())
        {
            id.TryWriteBytes(entry, bigEndian: true, out _);
            hash.AppendData(entry[..16]);
        }

        // Told from the packs by a length that no pack's entry has.
        hash.AppendData([0]);
        packs.AppendTo(hash);
        return hash.GetHashAndReset();
    }

    public bool Holds(ReadOnlySpan<byte> digest, ItemId root) => Find(Read(), digest, root);

    /// <summary>Notes a root. What cannot be noted is looked at again.</summary>
    public void Add(ReadOnlySpan<byte> digest, ItemId root)
    {
        if (_path is null)
            return;

        _isWritten = true;
        var note = Read();
        if (Find(note, digest, root))
            return;

        if (!note.AsSpan().StartsWith(digest) || note.Length + ItemId.Size > MaxLength)
            note = digest.ToArray();

        Array.Resize(ref note, note.Length + ItemId.Size);
        root.CopyTo(note.AsSpan(note.Length - ItemId.Size));
        try
        {
            var scratch = $"{_path}-{Path.GetRandomFileName()}";
            File.WriteAllBytes(scratch, note);
            File.Move(scratch, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A place that cannot be written has no notes.
        }
    }

    private static bool Find(ReadOnlySpan<byte> note, ReadOnlySpan<byte> digest, ItemId root)
    {
        if (!note.StartsWith(digest))
            return false;

        for (var rest = note[digest.Length..]; rest.Length >= ItemId.Size; rest = rest[ItemId.Size..])
        {
            if (new ItemId(rest[..ItemId.Size]) == root)
                return true;
        }

        return false;
    }

    private byte[] Read()
    {
        try
        {
            return _path is not null && new FileInfo(_path) is { Exists: true, Length: <= MaxLength } ? File.ReadAllBytes(_path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
