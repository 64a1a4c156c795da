using System.Globalization;

namespace Holdfast.Control.Volumes;

/// <summary>How the file of a volume that the service made is called: by the volume's id, and, once the volume is being deleted, with the
/// time of that.</summary>
/// <param name="Path">Its name while the volume is there.</param>
/// <param name="SetAside">Its name while the volume is being deleted.</param>
internal sealed record VolumeFileName(VolumeId Volume, string Path, string SetAside, DateTimeOffset? SetAsideAt)
{
    public const string Extension = ".img";

    private const string Mark = ".deleting-";

    public static VolumeFileName Of(string path, DateTimeOffset now) =>
        new(
            VolumeId.Parse(System.IO.Path.GetFileNameWithoutExtension(path), null),
            path,
            $"{path}{Mark}{now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)}",
            now
        );

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

        return mark < 0 ? new(volume, path, path, SetAsideAt: null)
            : long.TryParse(path.AsSpan(mark + Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            && ms < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? new(volume, plain, path, DateTimeOffset.FromUnixTimeMilliseconds(ms))
            : null;
    }
}
