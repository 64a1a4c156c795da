using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

/// <summary>A store that lets a test act between the listing of the index and the reading of its first object.</summary>
internal sealed class VanishingStore(IObjectStore inner) : ForwardingObjectStore(inner)
{
    private bool _isListed;

    /// <summary>Done once.</summary>
    public Func<Task>? BeforeIndexRead { get; set; }

    public override async ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        if (_isListed && BeforeIndexRead is { } act && key.Value.StartsWith("index/", StringComparison.Ordinal))
        {
            BeforeIndexRead = null;
            await act();
        }

        return await base.FindSizeAsync(key, cancel);
    }

    public override IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel)
    {
        _isListed |= prefix == "index/";
        return base.ListAsync(prefix, cancel);
    }
}
