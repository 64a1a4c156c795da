using System.Numerics;

namespace Holdfast.Engine.Buffers;

/// <summary>Memory that is taken anew when more is asked for than ever before. What it held is lost at the next
/// <see cref="Get"/>.</summary>
internal sealed class GrowingBuffer : IDisposable
{
    private const int Least = 1024 * 1024;

    private NativeBuffer? _bytes;

    public Memory<byte> Get(int length)
    {
        if (_bytes is null || _bytes.Memory.Length < length)
        {
            Dispose();

            // Rounded up, so that it is taken anew a few times at most: what is never touched of it costs nothing, and each new piece of
            // memory costs the system all of its pages.
            _bytes = new NativeBuffer(Math.Max((int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)length), int.MaxValue), Least));
        }

        return _bytes.Memory[..length];
    }

    public void Dispose()
    {
        ((IDisposable?)_bytes)?.Dispose();
        _bytes = null;
    }
}
