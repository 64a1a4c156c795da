using System.Security.Cryptography;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Keys;

/// <summary>All keys of an open repository, derived from its one master key by HKDF-SHA-256. Spec: docs/format/repository-v1.md, section
/// 3.</summary>
internal sealed class KeyRing
{
    public const int KeySize = 32;

    /// <summary>Bytes of the tag behind everything that is sealed.</summary>
    public const int TagSize = 16;

    private readonly byte[] _master;
    private readonly byte[] _repository;

    public KeyRing(ReadOnlySpan<byte> master, Guid repository)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(master.Length, KeySize);
        _master = master.ToArray();
        _repository = repository.ToByteArray(bigEndian: true);
        Chunks = new ItemHasher(Derive("holdfast v1 chunk id"u8, []));
        Nodes = new ItemHasher(Derive("holdfast v1 node id"u8, []));
        ConfigKey = Derive("holdfast v1 config"u8, []);
    }

    public ItemHasher Chunks { get; }

    public ItemHasher Nodes { get; }

    public byte[] ConfigKey { get; }

    internal ReadOnlySpan<byte> Master => _master;

    public AesGcm PackCipher(Guid pack) =>
        new(Derive("holdfast v1 pack "u8, pack.ToByteArray(bigEndian: true)), TagSize);

    public AesGcm ObjectCipher(byte type, Guid id) =>
        new(Derive("holdfast v1 object "u8, [type, .. id.ToByteArray(bigEndian: true)]), TagSize);

    /// <summary>A key for something outside the repository that whoever runs it keeps.</summary>
    public byte[] ServiceKey(string purpose) => Derive("holdfast v1 service "u8, System.Text.Encoding.UTF8.GetBytes(purpose));

    private byte[] Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> rest)
    {
        var key = new byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _master, key, _repository, [.. label, .. rest]);
        return key;
    }
}
