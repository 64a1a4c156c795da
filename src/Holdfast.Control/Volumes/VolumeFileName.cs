using System.Globalization;

namespace Holdfast.Control.Volumes;

/// <summary>How the file of a volume that the service made is called: by the volume's id. Versions before 0.2 gave it a name with the time
/// behind it while they deleted it.</summary>
/// <param name="Path">Its name while the volume is there.</param>
/// <param name="SetAsideAt">When such a deletion began.</param>
internal sealed record VolumeFileName(VolumeId Volume, string Path, DateTimeOffset? SetAsideAt)
{
    public const string Extension = ".img";

    private const string Mark = ".deleting-";

    /// <summary>Reads either name; null for one that we did not give.</summary>
    public static VolumeFileName? Parse(string path)
    {
        var mark = path.LastIndexOf(Mark, StringComparison.Ordinal);
        var plain = mark < 0 ? path : path[..mark];
        if (
            !plain.EndsWith(Extension, StringComparison.Ordinal)
            || !VolumeId.TryParse(System.IO.Path.GetFileNameWithoutExtension(plain), null, out var volume)
        )
        {
            return null;
        }

        return mark < 0 ? new(volume, path, SetAsideAt: null)
            : long.TryParse(path.AsSpan(mark + Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            && ms < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? new(volume, plain, DateTimeOffset.FromUnixTimeMilliseconds(ms))
            : null;
    }
}
