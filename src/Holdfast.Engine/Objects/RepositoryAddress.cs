using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects.S3;

namespace Holdfast.Engine.Objects;

/// <summary>
/// Where a repository lies, as people write it: a path, <c>file:///absolute/path</c> (percent-encoded), or
/// <c>s3://BUCKET/PREFIX?endpoint=…&amp;region=…&amp;style=…</c>. Holds no secret.
/// </summary>
public abstract record RepositoryAddress
{
    private static readonly SearchValues<char> SchemeLetters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."
    );

    private RepositoryAddress() { }

    /// <summary>A folder of this machine, by its full path.</summary>
    public sealed record Folder(string Path) : RepositoryAddress
    {
        public override string ToString() => Path;
    }

    /// <summary>A place in a bucket of an object store.</summary>
    public sealed record Bucket(S3Address Address) : RepositoryAddress
    {
        public override string ToString() => Address.ToString();
    }

    /// <summary>Whether two addresses name one place, or one a place within the other. Links, mounts and second names of a server are not
    /// seen through.</summary>
    public bool Overlaps(RepositoryAddress other) =>
        (this, other) switch
        {
            (Folder a, Folder b) => AreNested(a.Path, b.Path),
            (Bucket { Address: var a }, Bucket { Address: var b }) => a.Bucket == b.Bucket
                && a.Endpoint == b.Endpoint
                && AreNested(a.Prefix, b.Prefix),
            _ => false,
        };

    private static bool AreNested(string a, string b) => IsWithin(a, b) || IsWithin(b, a);

    private static bool IsWithin(string inner, string outer) =>
        outer.Length == 0 || $"{inner.TrimEnd('/')}/".StartsWith($"{outer.TrimEnd('/')}/", StringComparison.Ordinal);

    /// <param name="text">As it was given.</param>
    /// <param name="toFullPath">Makes a path that is no URL absolute.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when it is no address, naming the part that is
    /// wrong.</exception>
    public static RepositoryAddress Parse(string text, Func<string, string> toFullPath)
    {
        if (text.Length == 0)
            throw Refused("The address of a repository is empty. Give a folder, file:///folder or s3://bucket/prefix.");

        return SchemeOf(text) switch
        {
            null => new Folder(toFullPath(text)),
            "file" => new Folder(toFullPath(PathOfFileUrl(text))),
            "s3" => new Bucket(S3Address.Parse(text)),
            var scheme => throw Refused(
                $"There is no store of the kind '{scheme}:' for repositories. Give a folder, file:///folder or s3://bucket/prefix; "
                    + $"for a folder of such a name, begin with './'."
            ),
        };
    }

    /// <summary>What stands before the first colon, in lower case, where that looks like the scheme of a URL; else null.</summary>
    private static string? SchemeOf(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && char.IsAsciiLetter(text[0])
            && text.AsSpan(0, colon).IndexOfAnyExcept(SchemeLetters) < 0
            ? text[..colon].ToLowerInvariant()
            : null;
    }

    private static string PathOfFileUrl(string text)
    {
        var path = text["file:".Length..];
        if (path.StartsWith("//localhost/", StringComparison.OrdinalIgnoreCase))
            path = path["//localhost".Length..];
        else if (path.StartsWith("//", StringComparison.Ordinal))
            path = path["//".Length..];

        return path.StartsWith('/') && path.AsSpan().IndexOfAny('?', '#') < 0
            ? Uri.UnescapeDataString(path)
            : throw Refused($"'{text}' names no folder of this machine. Give file:///absolute/path.");
    }

    private static HoldfastException Refused(string message) => new(FailureKind.Refused, message);
}
