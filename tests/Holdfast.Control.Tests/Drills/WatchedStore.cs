using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Drills;

/// <summary>Calls back before each read of an object, with its key; what that throws is what the reader gets.</summary>
internal sealed class WatchedStore(IObjectStore inner) : ForwardingObjectStore(inner)
{
    public Action<string>? Reading { get; set; }

    public override ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        Reading?.Invoke(key.Value);
        return base.ReadAsync(key, offset, into, cancel);
    }

    public override ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        Reading?.Invoke(key.Value);
        return base.FindSizeAsync(key, cancel);
    }
}
