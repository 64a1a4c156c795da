using Holdfast.SystemTests;
using Holdfast.SystemTests.Clients;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Holdfast.SystemTests;

/// <summary>Begins with what takes minutes, so that it is not waited for alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [nameof(PackageTests), nameof(PackagedVerbTests), nameof(SuiteTests), nameof(BucketTests)];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(tests => Array.FindIndex(Long, one => IsOf(tests, one)) is >= 0 and var place ? place : Long.Length)];

    private static bool IsOf(ITestCollection tests, string name) =>
        tests.TestCollectionDisplayName.Contains($".{name} ", StringComparison.Ordinal);
}
