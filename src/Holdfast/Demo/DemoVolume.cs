using System.Text;

namespace Holdfast.Demo;

/// <summary>
/// A small disk image of the kinds of content a real one has: text that shrinks, random bytes that do not, a stretch that is there twice,
/// and holes. The same seed gives the same bytes.
/// </summary>
internal static class DemoVolume
{
    public const long Size = 64 << 20;
    private const int Mebibyte = 1 << 20;
    private const int PageSize = 8192;
    private const int PagesChanged = 48;

    private static readonly string[] Words =
    [
        "volume",
        "backup",
        "policy",
        "chunk",
        "the",
        "a",
        "keeps",
        "stores",
        "nightly",
        "restore",
        "of",
        "and",
        "disk",
        "error",
        "INFO",
        "request",
        "took",
        "ms",
        "user",
        "admin",
    ];

    /// <summary>Makes the image: 12 MiB of text, 10 MiB of random bytes, 6 MiB of them again, all at places of their own, and holes
    /// between.</summary>
    public static void Write(string path, int seed)
    {
        var random = new Random(seed);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, Size);
        RandomAccess.Write(file, WriteText(random, 12 * Mebibyte), 0);
        var noise = new byte[10 * Mebibyte];
        random.NextBytes(noise);
        RandomAccess.Write(file, noise, 20L * Mebibyte);
        RandomAccess.Write(file, noise.AsSpan(0, 6 * Mebibyte), 44L * Mebibyte);
    }

    /// <summary>Overwrites scattered 8 KiB pages, as a database does, and says how many bytes that were.</summary>
    public static long ChangeSome(string path, int seed)
    {
        var random = new Random(seed);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        var page = new byte[PageSize];
        for (var n = 0; n < PagesChanged; n++)
        {
            random.NextBytes(page);
            RandomAccess.Write(file, page, random.NextInt64(Size / PageSize) * PageSize);
        }

        return (long)PagesChanged * PageSize;
    }

    /// <summary>Null when both files hold the same bytes, else the offset of the first that differs (the shorter one's end, where one is
    /// shorter).</summary>
    public static async Task<long?> FirstDifferenceAsync(string first, string second, CancellationToken cancel)
    {
        await using var left = File.OpenRead(first);
        await using var right = File.OpenRead(second);
        var (a, b) = (new byte[Mebibyte], new byte[Mebibyte]);
        for (long offset = 0; ; offset += Mebibyte)
        {
            var read = await left.ReadAtLeastAsync(a, Mebibyte, throwOnEndOfStream: false, cancel);
            var alsoRead = await right.ReadAtLeastAsync(b, Mebibyte, throwOnEndOfStream: false, cancel);
            var same = a.AsSpan(0, read).CommonPrefixLength(b.AsSpan(0, alsoRead));
            if (same < read || same < alsoRead)
            {
                return offset + same;
            }

            if (read < Mebibyte)
            {
                return null;
            }
        }
    }

    private static byte[] WriteText(Random random, int length)
    {
        var text = new StringBuilder(length + 256);
        for (var line = 1; text.Length < length; line++)
        {
            text.Append(line).Append(' ');
            for (var word = 0; word < 12; word++)
            {
                text.Append(Words[random.Next(Words.Length)]).Append(word == 11 ? '\n' : ' ');
            }
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }
}
