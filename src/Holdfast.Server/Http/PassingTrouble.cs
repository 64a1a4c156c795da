using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;

namespace Holdfast.Server.Http;

/// <summary>Which failures are of the moment: the same request may succeed when somebody has made room, or started what is down.</summary>
internal static class PassingTrouble
{
    public static bool Is(Exception error) =>
        error is HoldfastException { IsTransient: true } or HoldfastException { Kind: FailureKind.NoSpace }
        || CatalogTrouble.IsPassing(error);
}
