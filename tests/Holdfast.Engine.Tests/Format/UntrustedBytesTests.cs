using CsCheck;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Tests.Format;

/// <summary>Whatever bytes a store holds, readers answer "no" or throw what they promise.</summary>
public sealed class UntrustedBytesTests
{
    private static readonly KeyRing Keys = new(new byte[32], default);

    /// <summary>Random bytes, half of them behind a true magic and with a true checksum where a header would end.</summary>
    private static readonly Gen<byte[]> Bytes = Gen.Select(
        Gen.Byte.Array[0, 400],
        Gen.Int[0, 11],
        (bytes, kind) =>
            kind switch
            {
                0 => WithHeader(bytes, "HFPACK01"u8, 64),
                1 => WithHeader(bytes, "HFRM"u8, 32),
                2 => WithHeader(bytes, "HFDR"u8, 32),
                3 => WithHeader(bytes, "HFPEND01"u8, 32),
                4 => WithHeader(bytes, "HFOBJT01"u8, 64),
                5 => WithHeader(bytes, "HFPACK02"u8, 64),
                6 => Small(bytes),
                _ => bytes,
            }
    );

    [Fact]
    public void No_reader_of_plain_structures_throws() =>
        Bytes.Sample(
            bytes =>
            {
                PackHeader.TryRead(bytes, out _);
                FrameHeader.TryRead(bytes, out _);
                DirectoryHeader.TryRead(bytes, out _);
                PackFooter.TryRead(bytes, out _);
                PackDirectory.TryRead(bytes, bytes.Length / 40, bytes.Length / 60, out _);
                IndexObject.TryRead(bytes, out _);
                KeyObject.TryRead(bytes);
                KeyFile.Parse(System.Text.Encoding.Latin1.GetString(bytes));
            },
            iter: 20_000
        );

    [Fact]
    public void A_sealed_object_opens_or_is_damaged_or_of_another_version() =>
        Bytes.Sample(
            bytes =>
            {
                var failure = Assert.Throws<HoldfastException>(() =>
                    SealedObject.Open(Keys, SealedType.Index, default, bytes, new ObjectKey("index/x"))
                );
                Assert.Contains("index/x", failure.Message, StringComparison.Ordinal);
            },
            iter: 10_000
        );

    [Fact]
    public void A_frame_that_was_not_sealed_by_us_does_not_open()
    {
        using var frames = new FrameReader(Keys);
        Bytes.Sample(bytes => Assert.False(frames.TryOpen(default, 16 * 1024, bytes, out _, out _)), iter: 10_000, threads: 1);
    }

    [Fact]
    public void Headers_are_read_as_they_were_written() =>
        Gen.Select(Gen.UInt[0, 1_000_000], Gen.Int[1, 256], Gen.Int[0, 1], Gen.Int[17, 16_000])
            .Sample(
                (ordinal, count, codec, stored) =>
                {
                    var header = new FrameHeader(ordinal, count, (Codec)codec, count * 16_384, stored);
                    var bytes = new byte[FrameHeader.Size];
                    header.Write(bytes);

                    Assert.True(FrameHeader.TryRead(bytes, out var read));
                    Assert.Equal(header, read);
                }
            );

    private static byte[] WithHeader(byte[] bytes, ReadOnlySpan<byte> magic, int size)
    {
        var with = new byte[Math.Max(bytes.Length, size)];
        bytes.CopyTo(with, 0);
        magic.CopyTo(with);
        Checksum.Seal(with.AsSpan(0, size));
        return with;
    }

    /// <summary>Mostly zeros, so that counts are small and loops are entered.</summary>
    private static byte[] Small(byte[] bytes) => [1, 0, 0, 0, .. bytes.Select(b => b < 200 ? (byte)0 : (byte)(b - 199))];
}
