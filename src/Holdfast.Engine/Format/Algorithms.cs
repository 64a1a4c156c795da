using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Format;

/// <summary>The names of what format 1 computes with; <c>config</c> and each manifest carry them. Spec: docs/format/repository-v1.md,
/// section 9.</summary>
internal static class Algorithms
{
    public const string Hash = "hmac-sha-256";
    public const string Cipher = "aes-256-gcm";
    public const string Compressor = "zstd";

    /// <param name="what">What carries the names, as the beginning of a sentence.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/>, naming the first that this version does not
    /// know.</exception>
    public static void ThrowIfUnknown(string what, string hash, string cipher, string compressor)
    {
        ThrowUnless(what, "hash", hash, Hash);
        ThrowUnless(what, "cipher", cipher, Cipher);
        ThrowUnless(what, "compressor", compressor, Compressor);
    }

    private static void ThrowUnless(string what, string role, string name, string known)
    {
        if (name != known)
        {
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"{what} uses the {role} '{name}', which this version does not know; it knows '{known}'. Use a newer Holdfast."
            );
        }
    }
}
