namespace Holdfast.Engine.Basics;

/// <summary>What a pack's items are. The numbers are on disk and only grow.</summary>
internal enum PackKind : byte
{
    Data = 1,
    Map = 2,
}

/// <summary>How plain bytes were packed before they were sealed. The numbers are on disk and only grow.</summary>
internal enum Codec : byte
{
    Raw = 0,
    Zstd = 1,
}
