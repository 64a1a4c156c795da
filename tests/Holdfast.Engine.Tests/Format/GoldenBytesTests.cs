using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Manifests;
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

    [Theory]
    [InlineData("hash")]
    [InlineData("cipher")]
    [InlineData("compressor")]
    public void A_config_that_uses_what_this_version_does_not_know_is_refused_by_name(string member)
    {
        var config = RepositoryConfig.Make(RepositoryId, new RepositoryOptions(), RepositoryConfig.DefaultPackSize);
        config = member switch
        {
            "hash" => config with { Hash = "x1" },
            "cipher" => config with { Cipher = "x1" },
            _ => config with { Compressor = "x1" },
        };

        var refused = Assert.Throws<HoldfastException>(() => RepositoryConfig.Read(config.Signed(Keys).Write(), "page"));

        Assert.Equal(FailureKind.UnsupportedVersion, refused.Kind);
        Assert.Contains($"uses the {member} 'x1', which this version does not know", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest()
    {
        Assert.Equal(FormatPage.Text("manifest"), Encoding.UTF8.GetString(ManifestDocument.Write(Example)) + "\n");
        var read = ManifestDocument.Read(ManifestDocument.Write(Example), new ObjectKey("manifests/x"));
        Assert.Equal(Example.Device, read.Device);
        Assert.Equal((Example.Number, Example.ChangesFound, Example.Root), (read.Number, read.ChangesFound, read.Root));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2")]
    [InlineData("hmac-sha-256", "x1", "uses the hash 'x1', which this version does not know")]
    [InlineData("aes-256-gcm", "x1", "uses the cipher 'x1', which this version does not know")]
    [InlineData("\"zstd\"", "\"x1\"", "uses the compressor 'x1', which this version does not know")]
    public void A_manifest_that_uses_what_this_version_does_not_know_is_refused_by_name(string was, string becomes, string says)
    {
        var text = Encoding.UTF8.GetString(ManifestDocument.Write(Example)).Replace(was, becomes, StringComparison.Ordinal);

        var refused = Assert.Throws<HoldfastException>(
            () => ManifestDocument.Read(Encoding.UTF8.GetBytes(text), new ObjectKey("manifests/x"))
        );

        Assert.Equal(FailureKind.UnsupportedVersion, refused.Kind);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_file_and_key_objects()
    {
        using var folder = new TempFolder();
        var file = new KeyFile(RepositoryId, Counting(0x20, 32));
        var secret = new RepositorySecret.KeyFile(folder.File("key", Encoding.ASCII.GetBytes(file.ToText())));
        var passphrase = new RepositorySecret.Passphrase("correct horse");

        Assert.Equal(FormatPage.Text("key-file"), file.ToText());
        Assert.Equal(FormatPage.Text("key-kit"), string.Concat(KeyKit.Write(file).Select(line => $"{line}\n")));
        Assert.Equal(FormatPage.Text("key-object-of-file"), Wrapped(secret));
        Assert.Equal(FormatPage.Text("key-object-of-passphrase"), Wrapped(passphrase));
        Assert.Equal(
            Counting(0, 32),
            KeyObject.TryRead(Encoding.UTF8.GetBytes(FormatPage.Text("key-object-of-passphrase")[..^1]))?.TryUnwrap(passphrase)
        );
    }

    private static Manifest Example =>
        new()
        {
            Id = new BackupId(ObjectId),
            Volume = "/srv/images/web.img",
            Source = "/srv/images/web.img",
            VolumeSize = 1_073_741_824,
            ChunkSize = 64 * 1024,
            Levels = 2,
            Root = FormatPage.Hex("node-id"),
            StartedAt = Then,
            FinishedAt = Then.AddSeconds(4.5),
            Consistency = Consistency.AtRest,
            Number = 7,
            Device = new DeviceIdentity
            {
                Kind = DeviceKind.File,
                FileSystem = "6f1d7a52-3a0c-4f5e-9b1f-8a4f4f0f6c11",
                Inode = 131_090,
                Size = 1_073_741_824,
            },
            ChangesFound = ChangesFound.Reading,
            Parent = new BackupId(PackId),
            ContentStamp = null,
            Labels = new Dictionary<string, string> { ["name"] = "web" },
            Figures = new BackupFigures
            {
                BytesRead = 1_073_741_824,
                BytesNew = 65_536,
                BytesStored = 42_000,
                ChunksTotal = 16_384,
                ChunksZero = 9_000,
                ChunksNew = 1,
                ChunksChanged = 1,
            },
        };

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
