using Holdfast.Engine.Format;
using ZstdNet;

namespace Holdfast.Engine.Packs;

/// <summary>What a compression means for a frame. Why these figures: docs/decisions/0014-frames-and-levels.md.</summary>
/// <param name="DataFrame">Plain bytes of chunks that are compressed together.</param>
/// <param name="Level">zstd level; what <paramref name="Tables"/> says goes before it.</param>
/// <param name="Tables">Parameters that keep the match finder's tables inside a core's own cache, or null.</param>
internal sealed record FrameLevel(int DataFrame, int Level, IReadOnlyDictionary<ZSTD_cParameter, int>? Tables)
{
    /// <summary>Plain bytes of map nodes that are compressed together: ids do not compress, and single nodes are read.</summary>
    public const int MapFrame = 1024 * 1024;

    private const int Mib = 1024 * 1024;
    private const int StrategyDfast = 2;

    private static readonly FrameLevel Fast = new(2 * Mib, 1, null);

    private static readonly FrameLevel Default = new(
        2 * Mib,
        3,
        new Dictionary<ZSTD_cParameter, int>
        {
            [ZSTD_cParameter.ZSTD_c_strategy] = StrategyDfast,
            [ZSTD_cParameter.ZSTD_c_hashLog] = 15,
            [ZSTD_cParameter.ZSTD_c_chainLog] = 14,
            [ZSTD_cParameter.ZSTD_c_minMatch] = 5,
        }
    );

    private static readonly FrameLevel Small = new(4 * Mib, 9, null);

    public static FrameLevel Of(Compression compression) =>
        compression switch
        {
            Compression.Fast => Fast,
            Compression.Small => Small,
            _ => Default,
        };

    public CompressionOptions MakeOptions() => Tables is null ? new CompressionOptions(Level) : new CompressionOptions(null, Tables, Level);
}
