using System.Buffers;

namespace Holdfast.Engine.Tests.Objects;

/// <summary>Memory that counts who touches it after its owner has closed it.</summary>
/// <param name="touched">Called at the first touch.</param>
internal sealed class GuardedMemory(int length, Action? touched = null) : MemoryManager<byte>
{
    private readonly byte[] _bytes = new byte[length];
    private int _touches;
    private int _touchedAfterwards;
    private volatile bool _isClosed;

    public ReadOnlySequence<byte> Content => new(Memory);

    public int TouchedAfterwards => Volatile.Read(ref _touchedAfterwards);

    public void Close() => _isClosed = true;

    public override Span<byte> GetSpan()
    {
        Touch();
        return _bytes;
    }

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        Touch();
        var handle = System.Runtime.InteropServices.GCHandle.Alloc(_bytes, System.Runtime.InteropServices.GCHandleType.Pinned);
        return new MemoryHandle((byte*)handle.AddrOfPinnedObject() + elementIndex, handle);
    }

    public override void Unpin() { }

    protected override void Dispose(bool disposing) { }

    private void Touch()
    {
        if (_isClosed)
            Interlocked.Increment(ref _touchedAfterwards);

        if (Interlocked.Increment(ref _touches) == 2)
            touched?.Invoke();
    }
}
