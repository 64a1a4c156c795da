using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Format;

/// <summary>What objects are called. Spec: docs/format/repository-v1.md, section 1.</summary>
internal static class ObjectNames
{
    public const string Index = "index/";
    public const string Manifests = "manifests/";
    public const string Removed = "removed/";
    public const string Keys = "keys/";
    public const string Catalog = "catalog/";
    public const string Data = "data/";
    public const string Map = "map/";
    public const string PruneMarks = "prune/";

    /// <summary>Files that are kept as they are.</summary>
    public const string Rescue = "rescue/";

    /// <summary>Marks of restore points that are not whole.</summary>
    public const string Damaged = "damaged/";

    /// <summary>Put before the key of an object that repair took out.</summary>
    public const string Aside = "aside/";

    public static readonly ObjectKey Config = new("config");

    /// <summary>Put into a second copy, looked for in the repository and deleted: whether they are one place.</summary>
    public static readonly ObjectKey CopyProbe = new("locks/copy");

    public static ObjectKey OfPack(PackKind kind, Guid pack)
    {
        var name = pack.ToString("N");
        return new ObjectKey($"{(kind == PackKind.Data ? Data : Map)}{name[..2]}/{name}");
    }

    public static ObjectKey OfIndex(Guid id) => new(Index + id.ToString("N"));

    public static ObjectKey OfManifest(BackupId id) => new(Manifests + id);

    public static ObjectKey OfDamagedMark(BackupId id) => new(Damaged + id);

    /// <summary>Where an object goes that is taken out. Unlike packs in use, packs there lie in one folder.</summary>
    public static ObjectKey OfAside(ObjectKey key)
    {
        var (kind, name) = (key.Value[..key.Value.IndexOf('/')], key.Value[(key.Value.LastIndexOf('/') + 1)..]);
        return new ObjectKey($"{Aside}{kind}/{name}");
    }

    /// <summary>Says that a manifest of this id does not count, whenever it was put.</summary>
    public static ObjectKey OfRemoved(BackupId id) => new(Removed + id);

    public static ObjectKey OfKey(Guid id) => new(Keys + id.ToString("N"));

    public static ObjectKey OfPruneMark(Guid run) => new(PruneMarks + run.ToString("N"));

    public static bool IsPack(ObjectKey key) =>
        key.Value.StartsWith(Data, StringComparison.Ordinal) || key.Value.StartsWith(Map, StringComparison.Ordinal);

    /// <summary>The id in the envelope of an era's export of that number; the number 0 is the era's roll.</summary>
    public static Guid IdOfExport(long era, long number)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, era);
        BinaryPrimitives.WriteInt64BigEndian(id[8..], number);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>The id at the end of a key, or null when the object was not put there by us.</summary>
    public static Guid? IdOf(ObjectKey key, string format) =>
        Guid.TryParseExact(key.Value[(key.Value.LastIndexOf('/') + 1)..], format, out var id) ? id : null;
}
