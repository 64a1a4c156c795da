using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using NSec.Cryptography;

namespace Holdfast.Engine.Keys;

/// <summary>The master key wrapped under one key file or passphrase: the object <c>keys/&lt;id&gt;</c>. Spec: docs/format/repository-v1.md, Key object.</summary>
internal sealed record KeyObject(
    [property: JsonPropertyName("format")] int Format,
    [property: JsonPropertyName("repository")] string Repository,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("label")] string Label,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("salt")] string Salt,
    [property: JsonPropertyName("argon2id")] Argon2idParameters? Argon2id,
    [property: JsonPropertyName("nonce")] string Nonce,
    [property: JsonPropertyName("wrapped")] string Wrapped)
{
    public const string OfKeyFile = "key-file";
    public const string OfPassphrase = "passphrase";
    private const int SaltSize = 16;
    private const int TagSize = 16;

    /// <summary>What a passphrase costs to try: 64 MiB and three passes, about a tenth of a second.</summary>
    private static readonly Argon2idParameters Cost = new(64 * 1024, 3, 1);

    public static KeyObject Wrap(ReadOnlySpan<byte> master, Guid repository, RepositorySecret secret, string label, DateTimeOffset now)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
        var kind = secret is RepositorySecret.Passphrase ? OfPassphrase : OfKeyFile;
        var empty = new KeyObject(1, repository.ToString("N"), kind, label, now, Convert.ToHexStringLower(salt), kind == OfPassphrase ? Cost : null, Convert.ToHexStringLower(nonce), "");
        var wrapped = new byte[master.Length + TagSize];
        using var cipher = new AesGcm(empty.WrappingKey(secret), TagSize);
        cipher.Encrypt(nonce, master, wrapped.AsSpan(0, master.Length), wrapped.AsSpan(master.Length), empty.AssociatedData());
        return empty with { Wrapped = Convert.ToHexStringLower(wrapped) };
    }

    /// <summary>The master key, or null when this secret does not open this object.</summary>
    public byte[]? TryUnwrap(RepositorySecret secret)
    {
        if (Kind != (secret is RepositorySecret.Passphrase ? OfPassphrase : OfKeyFile))
        {
            return null;
        }

        try
        {
            var wrapped = Convert.FromHexString(Wrapped);
            var master = new byte[KeyRing.KeySize];
            using var cipher = new AesGcm(WrappingKey(secret), TagSize);
            cipher.Decrypt(Convert.FromHexString(Nonce), wrapped.AsSpan(0, master.Length), wrapped.AsSpan(master.Length), master, AssociatedData());
            return master;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private byte[] WrappingKey(RepositorySecret secret)
    {
        var salt = Convert.FromHexString(Salt);
        switch (secret)
        {
            case RepositorySecret.KeyFile file:
                var key = new byte[KeyRing.KeySize];
                HKDF.DeriveKey(System.Security.Cryptography.HashAlgorithmName.SHA256, KeyFile.Read(file.Path).Key, key, salt, "holdfast v1 key file"u8);
                return key;
            case RepositorySecret.Passphrase passphrase when Argon2id is { } cost:
                var parameters = new Argon2Parameters { MemorySize = cost.MemoryKib, NumberOfPasses = cost.Passes, DegreeOfParallelism = cost.Parallelism };
                return PasswordBasedKeyDerivationAlgorithm.Argon2id(parameters).DeriveBytes(passphrase.Text, salt, KeyRing.KeySize);
            default:
                throw new FormatException("The key object names no way to derive its wrapping key.");
        }
    }

    private byte[] AssociatedData() => Encoding.ASCII.GetBytes($"holdfast v1 key {Repository} {Kind} {Salt}");
}

/// <summary>The cost of trying a passphrase. Memory in KiB.</summary>
internal sealed record Argon2idParameters(
    [property: JsonPropertyName("memory_kib")] long MemoryKib,
    [property: JsonPropertyName("passes")] long Passes,
    [property: JsonPropertyName("parallelism")] int Parallelism);
