using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Engine.Basics;
using NSec.Cryptography;

namespace Holdfast.Control.Users;

/// <summary>Argon2id, written with its cost and salt so that the cost can rise later: <c>$argon2id$v=19$m=…,t=…,p=…$salt$hash</c>, both in
/// base64.</summary>
internal static partial class PasswordHash
{
    /// <summary>The cost of one try: 19 MiB, two passes (the OWASP cheat sheet's first recommendation for Argon2id).</summary>
    private const int MemoryKib = 19 * 1024;
    private const int Passes = 2;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var hash = Derive(password, salt, MemoryKib, Passes);
        return $"$argon2id$v=19$m={MemoryKib},t={Passes},p=1${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    /// <summary>Whether the password is the one that was hashed, in time that does not tell how much of it is right.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> when the text is no hash of ours.</exception>
    public static bool Verify(string password, string stored)
    {
        if (
            Pattern().Match(stored) is not { Success: true } parts
            || !TryDecode(parts.Groups["salt"], SaltSize, out var salt)
            || !TryDecode(parts.Groups["hash"], HashSize, out var hash)
        )
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                "A password hash in the catalog is not one that Holdfast wrote. Restore a copy of the catalog."
            );
        }

        return CryptographicOperations.FixedTimeEquals(
            Derive(password, salt, Number(parts.Groups["memory"]), Number(parts.Groups["passes"])),
            hash
        );
    }

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, NumberStyles.None);

    private static bool TryDecode(Group text, int size, out byte[] bytes)
    {
        bytes = new byte[size];
        return Convert.TryFromBase64Chars(text.ValueSpan, bytes, out var written) && written == size;
    }

    private static byte[] Derive(string password, byte[] salt, int memory, int passes)
    {
        var parameters = new Argon2Parameters
        {
            MemorySize = memory,
            NumberOfPasses = passes,
            DegreeOfParallelism = 1,
        };
        return PasswordBasedKeyDerivationAlgorithm.Argon2id(parameters).DeriveBytes(Encoding.UTF8.GetBytes(password), salt, HashSize);
    }

    [GeneratedRegex(@"\A\$argon2id\$v=19\$m=(?<memory>[1-9][0-9]{0,6}),t=(?<passes>[1-9][0-9]{0,2}),p=1\$(?<salt>[^$]+)\$(?<hash>[^$]+)\z")]
    private static partial Regex Pattern();
}
