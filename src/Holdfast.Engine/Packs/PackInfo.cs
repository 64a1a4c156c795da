using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Packs;

/// <summary>A pack as the cache knows it. Length in bytes.</summary>
internal sealed record PackInfo(Guid Pack, PackKind Kind, int ItemSize, long Length)
{
    public ObjectKey Key { get; } = ObjectNames.OfPack(Kind, Pack);
}

/// <summary>Where an item lies: the frame, by its pack's number in this cache, and the item's place in the frame.</summary>
internal readonly record struct ItemLocation(uint Pack, uint FrameOffset, int SealedLength, int Position);
