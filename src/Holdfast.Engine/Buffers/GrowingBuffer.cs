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
            _bytes = new NativeBuffer(Math.Max(length, Least));
        }

        return _bytes.Memory[..length];
    }

    public void Dispose()
    {
        ((IDisposable?)_bytes)?.Dispose();
        _bytes = null;
    }
}
