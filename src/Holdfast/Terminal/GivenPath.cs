using Holdfast.Engine.Devices;
using Holdfast.Running;

namespace Holdfast.Terminal;

/// <summary>Paths as they are typed in a shell, made absolute: so they mean the same to a service as to the shell.</summary>
internal static class GivenPath
{
    /// <exception cref="UsageException">The path cannot be written in UTF-8 and so would name another file, or none.</exception>
    public static string Full(string given)
    {
        var full = Path.GetFullPath(given);

        // Arguments were looked at before; what is left is the name of the folder that the shell is in.
        return full.Contains(Utf8Arguments.Mangled) && !given.Contains(Utf8Arguments.Mangled)
            ? throw new UsageException(
                $"'{given}' is below the folder that the shell is in, whose name is not UTF-8. Holdfast takes names in UTF-8 only: "
                    + $"go there by a symbolic link with another name, or rename the folder."
            )
            : full;
    }

    /// <summary>The address of a volume, in its canonical form where it is a path.</summary>
    /// <inheritdoc cref="Full" path="/exception"/>
    public static string Address(string given)
    {
        if (!given.Contains("://", StringComparison.Ordinal))
        {
            return DeviceAddress.Parse(Full(given)).ToString();
        }

        return Utf8Arguments.IsUrlOfUtf8(given)
            ? given
            : throw new UsageException(
                $"'{given}' stands for a name that is not UTF-8. Holdfast takes names in UTF-8 only: give the file another name, or a "
                    + $"symbolic link with one."
            );
    }
}
