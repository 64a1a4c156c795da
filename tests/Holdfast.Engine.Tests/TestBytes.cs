namespace Holdfast.Engine.Tests;

/// <summary>Bytes of tests: the same for the same seed.</summary>
internal static class TestBytes
{
    /// <summary>Bytes that do not compress.</summary>
    public static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Bytes of which about a third is text, a third is random, a third is zero, in runs.</summary>
    public static byte[] Mixed(int length, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var run = Math.Min(length - at, random.Next(1, 300_000));
            var kind = random.Next(3);
            if (kind == 0)
                random.NextBytes(bytes.AsSpan(at, run));
            else if (kind == 1)
                bytes.AsSpan(at, run).Fill((byte)random.Next('a', 'z'));

            at += run;
        }

        return bytes;
    }
}
