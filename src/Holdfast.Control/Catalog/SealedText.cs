using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Control.Catalog;

/// <summary>Texts that stand in the catalog and that nobody reads there: AES-256-GCM with a key that is not in the catalog.</summary>
/// <param name="key">32 bytes, of the repository: a copy of the catalog alone opens nothing.</param>
internal sealed class SealedText(byte[] key)
{
    /// <summary>Nonce, tag and sealed bytes, in base64. The row's id is the associated data: a text cannot be put under another
    /// id.</summary>
    public string Close(string id, string text)
    {
        var (nonceSize, tagSize) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
        var plain = Encoding.UTF8.GetBytes(text);
        var all = new byte[nonceSize + tagSize + plain.Length];
        RandomNumberGenerator.Fill(all.AsSpan(0, nonceSize));
        using var cipher = new AesGcm(key, tagSize);
        cipher.Encrypt(
            all.AsSpan(0, nonceSize),
            plain,
            all.AsSpan(nonceSize + tagSize),
            all.AsSpan(nonceSize, tagSize),
            Encoding.UTF8.GetBytes(id)
        );
        return Convert.ToBase64String(all);
    }

    /// <summary>Null when it was not sealed with this key under this id.</summary>
    public string? Open(string id, string text)
    {
        var (nonceSize, tagSize) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
        try
        {
            var all = Convert.FromBase64String(text);
            var plain = new byte[all.Length - nonceSize - tagSize];
            using var cipher = new AesGcm(key, tagSize);
            cipher.Decrypt(
                all.AsSpan(0, nonceSize),
                all.AsSpan(nonceSize + tagSize),
                all.AsSpan(nonceSize, tagSize),
                plain,
                Encoding.UTF8.GetBytes(id)
            );
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception e) when (e is CryptographicException or FormatException or OverflowException)
        {
            return null;
        }
    }
}
