namespace Holdfast.Control.Exports;

/// <summary>How far a catalog is written to, or made from, a repository.</summary>
/// <param name="What">Of the things that are counted, in the plural: <c>rows</c>.</param>
/// <param name="Total">Null where it is not known how many there are.</param>
public readonly record struct CatalogProgress(string What, long Done, long? Total)
{
    /// <summary>It is told of each so many rows.</summary>
    internal const int Step = 1000;
}
