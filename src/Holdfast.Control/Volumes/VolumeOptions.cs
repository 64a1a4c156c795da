namespace Holdfast.Control.Volumes;

public sealed class VolumeOptions
{
    public const string Section = "Volumes";

    /// <summary>The folder of the files of volumes that the service makes. With several servers, one that all of them see.</summary>
    public required string Folder { get; init; }
}
