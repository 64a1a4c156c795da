using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Format;

/// <summary>Every structure as the format page shows it. If one of these fails, old repositories can no longer be read.</summary>
public sealed class GoldenBytesTests
{
    private const int ItemSize = 16 * 1024;

    private static readonly Guid RepositoryId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid PackId = Guid.Parse("a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
    private static readonly Guid ObjectId = Guid.Parse("b0b1b2b3-b4b5-b6b7-b8b9-babbbcbdbebf");
    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly KeyRing Keys = new(Counting(0, 32), RepositoryId);

    /// <summary>16 KiB that do not compress: SHA-256 of the numbers 0 to 511 as u32.</summary>
    private static readonly byte[] Chunk = [.. Enumerable.Range(0, 512).SelectMany(i => SHA256.HashData(BitConverter.GetBytes(i)))];

    [Fact]
    public void Ids()
    {
        var chunk = Keys.Chunks.Hash(Chunk);
        var node = new byte[32 * 1024];
        chunk.CopyTo(node);

        Matches("chunk-id", Convert.FromHexString(chunk.ToString()));
        Matches("node-id", Convert.FromHexString(Keys.Nodes.Hash(node).ToString()));
    }

    [Fact]
    public void Pack()
    {
        var (bytes, pack) = MakePack();
        var frame = pack.Directory.Frames[0];

        Matches("pack-header", bytes[..64]);
        Matches("frame-header", bytes[64..96]);
        Matches("frame-body-first-32", bytes[96..128]);
        Matches("frame-tag", bytes[(96 + ItemSize)..(int)frame.End]);
        Matches("directory-header", bytes[(int)frame.End..((int)frame.End + 32)]);
        Matches("directory-body", bytes[((int)frame.End + 32)..^32]);
        Matches("pack-footer", bytes[^32..]);
    }

    [Fact]
    public void Directory_and_index_object_before_they_are_sealed()
    {
        var (_, pack) = MakePack();
        var directory = new byte[pack.Directory.Length];
        pack.Directory.Write(directory);

        Matches("directory-plain", directory);
        Matches("index-plain", new IndexObject([ObjectId], [pack]).Write());
    }

    [Fact]
    public async Task The_directory_and_the_scan_of_the_pack_of_the_page_say_the_same()
    {
        await using var store = new MemoryObjectStore();
        var key = ObjectNames.OfPack(PackKind.Data, PackId);
        var (bytes, pack) = MakePack();
        await store.PutIfAbsentAsync(key, new ReadOnlySequence<byte>(bytes), CancellationToken.None);

        var read = await new PackReader(store, Keys, RepositoryId).ReadDirectoryAsync(key, CancellationToken.None);
        var scanned = await new PackScanner(store, Keys, RepositoryId).ScanAsync(key, CancellationToken.None);

        Assert.Equal(pack.Directory.Frames, read.Directory.Frames);
        Assert.Equal(pack.Directory.Items, read.Directory.Items);
        Assert.Equal(pack.Directory.Frames, scanned.Pack.Directory.Frames);
        Assert.Equal(pack.Directory.Items, scanned.Pack.Directory.Items);
        Assert.Equal(0, scanned.BytesLost);
    }

    [Fact]
    public void Sealed_object()
    {
        var bytes = SealedObject.Seal(Keys, SealedType.Manifest, ObjectId, "{}"u8, Counting(0x10, 12));

        Matches("sealed-object", bytes);
        Assert.Equal("{}"u8, SealedObject.Open(Keys, SealedType.Manifest, ObjectId, bytes, new ObjectKey("manifests/x")));
    }

    [Fact]
    public void Config()
    {
        var config = RepositoryConfig
            .Make(RepositoryId, new RepositoryOptions { Owner = "service-1" }, RepositoryConfig.DefaultPackSize)
            .Signed(Keys);

        Assert.Equal(FormatPage.Text("config"), Encoding.UTF8.GetString(config.Write()) + "\n");
        Assert.True(RepositoryConfig.Read(Encoding.UTF8.GetBytes(FormatPage.Text("config")[..^1]), "page").IsSignedBy(Keys));
    }

    [Fact]
    public void Key_file_and_key_objects()
    {
        using var folder = new TempFolder();
        var file = new KeyFile(RepositoryId, Counting(0x20, 32));
        var secret = new RepositorySecret.KeyFile(folder.File("key", Encoding.ASCII.GetBytes(file.ToText())));
        var passphrase = new RepositorySecret.Passphrase("correct horse");

        Assert.Equal(FormatPage.Text("key-file"), file.ToText());
        Assert.Equal(FormatPage.Text("key-object-of-file"), Wrapped(secret));
        Assert.Equal(FormatPage.Text("key-object-of-passphrase"), Wrapped(passphrase));
        Assert.Equal(
            Counting(0, 32),
            KeyObject.TryRead(Encoding.UTF8.GetBytes(FormatPage.Text("key-object-of-passphrase")[..^1]))?.TryUnwrap(passphrase)
        );
    }

    private static string Wrapped(RepositorySecret secret) =>
        Encoding.UTF8.GetString(
            KeyObject.Wrap(Counting(0, 32), RepositoryId, secret, "first", Then, Counting(0x40, 16), Counting(0x50, 12)).Write()
        ) + "\n";

    private static (byte[] Bytes, IndexedPack Pack) MakePack()
    {
        using var buffer = new PackBuffer(RepositoryConfig.MinPackSize);
        buffer.Begin(new PackHeader(PackKind.Data, ItemSize, PackId, RepositoryId), Keys);
        buffer.Append(new PackedFrame(new[] { Keys.Chunks.Hash(Chunk) }, Codec.Raw, Chunk.Length, Chunk));
        var pack = buffer.End();
        return (buffer.Content.ToArray(), pack);
    }

    private static byte[] Counting(int from, int count) => [.. Enumerable.Range(from, count).Select(i => (byte)i)];

    private static void Matches(string block, byte[] actual) => Assert.Equal(FormatPage.Hex(block), Convert.ToHexStringLower(actual));
}
