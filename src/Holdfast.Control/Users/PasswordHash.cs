using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Holdfast.Control.Users;

/// <summary>Argon2id, written with its cost and salt so that the cost can rise later: <c>$argon2id$v=19$m=…,t=…,p=…$salt$hash</c>, both in base64.</summary>
internal static class PasswordHash
{
    /// <summary>The cost of one try: 19 MiB, two passes (the OWASP cheat sheet's first recommendation for Argon2id).</summary>
    private const int MemoryKib = 19 * 1024;
    private const int Passes = 2;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return $"$argon2id$v=19$m={MemoryKib},t={Passes},p=1${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt, MemoryKib, Passes))}";
    }

    /// <summary>Whether the password is the one that was hashed, in time that does not tell how much of it is right.</summary>
    public static bool Verify(string password, string stored)
    {
        var parts = stored.Split('$');
        var cost = parts.Length == 6 ? parts[3].Split(',') : [];
        if (cost.Length != 3 || !int.TryParse(cost[0].AsSpan(2), out var memory) || !int.TryParse(cost[1].AsSpan(2), out var passes))
        {
            throw new FormatException("A password hash in the catalog is not one of ours.");
        }

        return CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(parts[4]), memory, passes), Convert.FromBase64String(parts[5]));
    }

    private static byte[] Derive(string password, byte[] salt, int memory, int passes)
    {
        var parameters = new Argon2Parameters { MemorySize = memory, NumberOfPasses = passes, DegreeOfParallelism = 1 };
        return PasswordBasedKeyDerivationAlgorithm.Argon2id(parameters).DeriveBytes(Encoding.UTF8.GetBytes(password), salt, HashSize);
    }
}
