namespace Holdfast.Engine.Format;

/// <summary>How hard a repository's writers compress. Readers do not care. The names of these are on disk, in <c>config</c>.</summary>
public enum Compression
{
    /// <summary>Least work, some per cent larger.</summary>
    Fast = 1,

    /// <summary>What suits most volumes.</summary>
    Default = 2,

    /// <summary>Smallest repository, several times the work.</summary>
    Small = 3,
}

/// <summary>The names of compressions: <c>fast</c>, <c>default</c>, <c>small</c>.</summary>
public static class CompressionNames
{
    /// <summary>All names, from the least work to the smallest repository.</summary>
    public static IReadOnlyList<string> All { get; } = ["fast", "default", "small"];

    /// <summary>The name that is written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such compression.</exception>
    public static string Name(this Compression compression) =>
        Enum.IsDefined(compression)
            ? All[(int)compression - 1]
            : throw new ArgumentOutOfRangeException(nameof(compression), compression, "A compression is fast, default or small.");

    /// <summary>The compression of a name, or null.</summary>
    public static Compression? TryParse(string? name)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (All[i] == name)
                return (Compression)(i + 1);
        }

        return null;
    }
}
