using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Holdfast.Engine.Keys;
using NSec.Cryptography;

namespace Holdfast.Engine.Format;

/// <summary>The master key wrapped under one key file or passphrase: the object <c>keys/&lt;id&gt;</c>. Spec: docs/format/repository-v1.md,
/// section 9.</summary>
internal sealed record KeyObject(
    [property: JsonPropertyName("format")] int Format,
    [property: JsonPropertyName("repository")] string Repository,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("label")] string Label,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("salt")] string Salt,
    [property: JsonPropertyName("argon2id")] Argon2idCost? Argon2id,
    [property: JsonPropertyName("nonce")] string Nonce,
    [property: JsonPropertyName("wrapped")] string Wrapped,
    [property: JsonPropertyName("check")] string Check
)
{
    public const string OfKeyFile = "key-file";
    public const string OfPassphrase = "passphrase";
    private const int SaltSize = 16;

    public static KeyObject Wrap(ReadOnlySpan<byte> master, Guid repository, RepositorySecret secret, string label, DateTimeOffset now)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
        return Wrap(master, repository, secret, label, now, salt, nonce);
    }

    /// <summary>With salt and nonce that the caller chose: only for tests of the bytes.</summary>
    internal static KeyObject Wrap(
        ReadOnlySpan<byte> master,
        Guid repository,
        RepositorySecret secret,
        string label,
        DateTimeOffset now,
        byte[] salt,
        byte[] nonce
    )
    {
        var kind = KindOf(secret);
        var cost = kind == OfPassphrase ? Argon2idCost.Default : null;
        var empty = new KeyObject(1, repository.ToString("N"), kind, label, now, Hex(salt), cost, Hex(nonce), "", CheckedJson.Blank);
        var wrapped = new byte[master.Length + KeyRing.TagSize];
        using var cipher = new AesGcm(empty.WrappingKey(secret), KeyRing.TagSize);
        cipher.Encrypt(nonce, master, wrapped.AsSpan(0, master.Length), wrapped.AsSpan(master.Length), empty.AssociatedData());
        return empty with { Wrapped = Hex(wrapped) };
    }

    public byte[] Write() => CheckedJson.Write(this, FormatJson.Default.KeyObject);

    /// <summary>Null when the bytes are not what was written.</summary>
    public static KeyObject? TryRead(ReadOnlySpan<byte> from) =>
        CheckedJson.TryRead(from, FormatJson.Default.KeyObject) is { Format: 1 } read && read.IsSound() ? read : null;

    /// <summary>The master key, or null when this secret does not open this object.</summary>
    public byte[]? TryUnwrap(RepositorySecret secret)
    {
        if (Kind != KindOf(secret))
            return null;

        var wrapped = Convert.FromHexString(Wrapped);
        var master = new byte[KeyRing.KeySize];
        using var cipher = new AesGcm(WrappingKey(secret), KeyRing.TagSize);
        try
        {
            cipher.Decrypt(
                Convert.FromHexString(Nonce),
                wrapped.AsSpan(0, master.Length),
                wrapped.AsSpan(master.Length),
                master,
                AssociatedData()
            );
            return master;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public static string KindOf(RepositorySecret secret) => secret is RepositorySecret.Passphrase ? OfPassphrase : OfKeyFile;

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static bool IsHex(string text, int bytes) => text.Length == bytes * 2 && text.All(char.IsAsciiHexDigitLower);

    private bool IsSound() =>
        IsHex(Salt, SaltSize)
        && IsHex(Nonce, 12)
        && IsHex(Wrapped, KeyRing.KeySize + KeyRing.TagSize)
        && (Kind == OfPassphrase ? Argon2id is { IsSound: true } : Kind == OfKeyFile);

    private byte[] WrappingKey(RepositorySecret secret)
    {
        var salt = Convert.FromHexString(Salt);
        if (secret is RepositorySecret.Passphrase passphrase)
            return (Argon2id ?? Argon2idCost.Default).Derive(passphrase.Text, salt);

        var key = new byte[KeyRing.KeySize];
        HKDF.DeriveKey(
            System.Security.Cryptography.HashAlgorithmName.SHA256,
            KeyFile.Read(((RepositorySecret.KeyFile)secret).Path).Key,
            key,
            salt,
            "holdfast v1 key file"u8
        );
        return key;
    }

    private byte[] AssociatedData() => Encoding.ASCII.GetBytes($"holdfast v1 key {Repository} {Kind} {Salt}");
}

/// <summary>What it costs to try a passphrase. Memory in KiB.</summary>
internal sealed record Argon2idCost(
    [property: JsonPropertyName("memory_kib")] long MemoryKib,
    [property: JsonPropertyName("passes")] long Passes,
    [property: JsonPropertyName("parallelism")] int Parallelism
)
{
    /// <summary>64 MiB and three passes: about a tenth of a second.</summary>
    public static readonly Argon2idCost Default = new(64 * 1024, 3, 1);

    // A reader never spends more than this on an object that anybody with access to the store could have put there.
    private const long MaxMemoryKib = 2 * 1024 * 1024;
    private const long MaxPasses = 64;

    [JsonIgnore]
    public bool IsSound => MemoryKib is >= 8 and <= MaxMemoryKib && Passes is >= 1 and <= MaxPasses && Parallelism == 1;

    public byte[] Derive(string passphrase, ReadOnlySpan<byte> salt)
    {
        var parameters = new Argon2Parameters
        {
            MemorySize = MemoryKib,
            NumberOfPasses = Passes,
            DegreeOfParallelism = Parallelism,
        };

        // As UTF-8: the library would take the text's own UTF-16.
        return PasswordBasedKeyDerivationAlgorithm
            .Argon2id(parameters)
            .DeriveBytes(Encoding.UTF8.GetBytes(passphrase), salt, KeyRing.KeySize);
    }
}
