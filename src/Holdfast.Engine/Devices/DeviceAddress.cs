using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>
/// Where a volume is: <c>file:///absolute/path</c> (percent-encoded), <c>/dev/name</c> or any absolute path. Two addresses are equal when
/// they lead to the same place once symbolic links are followed, as they were when the addresses were parsed.
/// </summary>
public sealed class DeviceAddress : IEquatable<DeviceAddress>
{
    private const string Scheme = "file://";

    private DeviceAddress(string path)
    {
        FilePath = path;
        ResolvedPath = Resolve(path);
    }

    /// <summary>The absolute path as it was given, without needless dots and slashes. Names under <c>/dev/disk/by-id</c> and the like are
    /// kept: they are the stable ones.</summary>
    public string FilePath { get; }

    /// <summary>The path with symbolic links followed as far as there is something to follow.</summary>
    public string ResolvedPath { get; }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the text is no address.</exception>
    public static DeviceAddress Parse(string text) =>
        TryParse(text, out var address) ? address
        : IsNotUtf8(PathIn(text) ?? "")
            ? throw new HoldfastException(
                FailureKind.Refused,
                $"The name '{text}' holds bytes that are not UTF-8, by which Holdfast cannot find it again. Rename the file, or "
                    + "give a symbolic link to it whose name is UTF-8."
            )
        : throw new HoldfastException(
            FailureKind.Refused,
            $"'{text}' names no volume. Give file:///absolute/path, /dev/name or an absolute path."
        );

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out DeviceAddress? address)
    {
        address = null;
        var path = PathIn(text);

        // What the runtime could not decode of the command line is there as replacement characters, which is no name that leads anywhere.
        // A name that really has such a character leads somewhere.
        if (path is not null && IsNotUtf8(path) && Libc.RealPath(path) is null)
            return false;

        if (string.IsNullOrEmpty(path) || path[0] != '/' || path.Contains('\0', StringComparison.Ordinal))
            return false;

        path = Path.GetFullPath(path);
        address = new DeviceAddress(path.Length > 1 ? path.TrimEnd('/') : path);
        return true;
    }

    /// <summary>Opens the volume to back it up.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Refused"/> for a folder, socket or
    /// the like;
    /// <see cref="FailureKind.DeviceUnreadable"/>.</exception>
    public IBlockDevice OpenForReading() => OpenForReading(TimeProvider.System);

    /// <inheritdoc cref="OpenForReading()"/>
    public IBlockDevice OpenForReading(TimeProvider clock) => FileDevice.OpenForReading(FilePath, clock);

    /// <summary>Opens the volume, or a new file, to restore <paramref name="size"/> bytes into it. See
    /// <see cref="RestoreTarget.Open"/>.</summary>
    public RestoreTarget OpenForWriting(long size, bool overwrite, DeviceIdentity? registered = null) =>
        RestoreTarget.Open(this, size, overwrite, registered);

    public bool Equals(DeviceAddress? other) => other is not null && ResolvedPath == other.ResolvedPath;

    public override bool Equals(object? obj) => Equals(obj as DeviceAddress);

    public override int GetHashCode() => ResolvedPath.GetHashCode(StringComparison.Ordinal);

    /// <summary>The canonical text: a path under <c>/dev</c> as it is, any other as a <c>file://</c> URL.</summary>
    public override string ToString() => FilePath.StartsWith("/dev/", StringComparison.Ordinal) ? FilePath : Scheme + Encode(FilePath);

    /// <summary>The path in an address as it is written: nothing is asked. Null where there is none.</summary>
    public static string? PathIn(string? text) =>
        text is not null && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? PathOfUrl(text[Scheme.Length..]) : text;

    /// <summary>The decoded path of what follows <c>file://</c>, or null when that is not a URL of a file of this machine.</summary>
    private static string? PathOfUrl(string rest)
    {
        if (rest.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase))
            rest = rest["localhost".Length..];

        // A query or fragment cannot belong to a file; a name that holds these characters has them percent-encoded.
        if (rest.AsSpan().IndexOfAny('?', '#') >= 0)
            return null;

        for (var at = rest.IndexOf('%', StringComparison.Ordinal); at >= 0; at = rest.IndexOf('%', at + 1))
        {
            if (at + 2 >= rest.Length || !char.IsAsciiHexDigit(rest[at + 1]) || !char.IsAsciiHexDigit(rest[at + 2]))
                return null;
        }

        return Decode(rest);
    }

    /// <summary>The bytes that a URL's text stands for, as UTF-8; with replacement characters where they are not.</summary>
    /// <param name="url">Each '%' in it is followed by two hexadecimal digits.</param>
    private static string Decode(string url)
    {
        var bytes = new List<byte>(url.Length);
        var parts = url.Split('%');
        bytes.AddRange(Encoding.UTF8.GetBytes(parts[0]));
        foreach (var part in parts.AsSpan(1))
        {
            bytes.Add(byte.Parse(part.AsSpan(0, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            bytes.AddRange(Encoding.UTF8.GetBytes(part[2..]));
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool IsNotUtf8(string text) => text.Contains('\ufffd', StringComparison.Ordinal);

    private static string Encode(string path)
    {
        var url = new StringBuilder(path.Length);
        foreach (var b in Encoding.UTF8.GetBytes(path))
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || "/-._~!$&'()*+,;=:@".Contains(c, StringComparison.Ordinal))
                url.Append(c);
            else
                url.Append('%').Append(b.ToString("X2"));
        }

        return url.ToString();
    }

    private static string Resolve(string path)
    {
        if (Libc.RealPath(path) is { } real)
            return real;

        var parent = Path.GetDirectoryName(path);
        return parent is null ? path : Path.Combine(Resolve(parent), Path.GetFileName(path));
    }
}
