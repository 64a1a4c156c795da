using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Exports;

/// <summary>An export that was read and found whole. Its parts are held as they are stored; one at a time is opened.</summary>
public sealed class CatalogExport
{
    private readonly KeyRing _keys;
    private readonly IReadOnlyList<byte[]> _parts;

    internal CatalogExport(CatalogExportHead head, IReadOnlyList<byte[]> parts, KeyRing keys) =>
        (Head, _parts, _keys) = (head, parts, keys);

    public CatalogExportHead Head { get; }

    /// <summary>The plain bytes of each part, in order.</summary>
    public IEnumerable<byte[]> Parts => Enumerable.Range(0, _parts.Count).Select(Open);

    private byte[] Open(int part) =>
        SealedObject.Open(
            _keys,
            SealedType.Catalog,
            Guid.ParseExact(Head.Parts[part].Id, "N"),
            _parts[part],
            CatalogExports.KeyOf(Head.Name, Head.Parts[part].Id)
        );
}

/// <summary>A part that is sealed and not stored yet.</summary>
public sealed class SealedExportPart
{
    internal SealedExportPart(CatalogExportPart part, byte[] bytes) => (Part, Bytes) = (part, bytes);

    public CatalogExportPart Part { get; }

    internal byte[] Bytes { get; }
}
