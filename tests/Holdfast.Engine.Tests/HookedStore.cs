using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests;

/// <summary>A store in which something happens at the moment of a read.</summary>
internal sealed class HookedStore(IObjectStore inner) : ForwardingObjectStore(inner)
{
    public Action<ObjectKey, long, int>? BeforeRead { get; set; }

    public override async ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        BeforeRead?.Invoke(key, offset, into.Length);
        await base.ReadAsync(key, offset, into, cancel);
    }
}
