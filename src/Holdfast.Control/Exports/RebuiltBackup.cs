using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Holdfast.Control.Catalog;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Exports;

/// <summary>A restore point as a catalog is to have it: what the manifest and its labels say. Whatever cannot stand in a catalog is left
/// out.</summary>
/// <param name="Volume">The volume's id; where none was known when it was made, one that its address always gives.</param>
/// <param name="Address">Of the device that was read, as volumes have it; null where it names none.</param>
internal sealed record RebuiltBackup(Manifest Manifest, VolumeId Volume, string? Address)
{
    private const int ProjectIdLength = 32;

    /// <summary>32 hex digits, or null.</summary>
    public string? Project =>
        Label("project_id") is { Length: ProjectIdLength } id && id.All(char.IsAsciiHexDigitLower) ? id : null;

    public string? Policy => PolicyId.TryParse(Label("policy_id"), null, out var id) ? id.ToString() : null;

    public string? Name => Label("name");

    public string? Description => Label("description");

    public string VolumeName
    {
        get
        {
            var name = Label("volume_name") ?? Path.GetFileName(Manifest.Source);
            return name.Length > 0 && CatalogText.CanHold(name) ? name : Volume.ToString();
        }
    }

    public long CreatedAtMs =>
        long.TryParse(Label("created_at"), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? at
            : Manifest.StartedAt.ToUnixTimeMilliseconds();

    public IReadOnlyDictionary<string, string> Tags
    {
        get
        {
            try
            {
                var tags = JsonSerializer.Deserialize(Label("tags") ?? "{}", ExportLineJson.Default.DictionaryStringString) ?? [];
                return tags.Where(tag => CatalogText.CanHold(tag.Key) && CatalogText.CanHold(tag.Value ?? "\0")).ToDictionary();
            }
            catch (JsonException)
            {
                return new Dictionary<string, string>();
            }
        }
    }

    /// <summary>Reads a manifest. Asks the file system where its source leads, so it is not to be called within a transaction.</summary>
    /// <param name="addresses">What was asked before, by source.</param>
    public static RebuiltBackup Of(Manifest manifest, Dictionary<string, string?> addresses)
    {
        if (!addresses.TryGetValue(manifest.Source, out var address))
        {
            address = DeviceAddress.TryParse(manifest.Source, out var parsed) ? parsed.ToString() : null;
            addresses[manifest.Source] = address;
        }

        var held = address is not null && CatalogText.CanHold(address) ? address : null;
        return new RebuiltBackup(manifest, VolumeOf(manifest.Volume), held);
    }

    /// <summary>Made without a service, a backup's volume is an address. The same one always gets the same id (of version 8).</summary>
    private static VolumeId VolumeOf(string volume)
    {
        if (VolumeId.TryParse(volume, null, out var known))
        {
            return known;
        }

        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"holdfast volume {volume}")).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new VolumeId(new Guid(bytes, bigEndian: true));
    }

    private string? Label(string name) =>
        Manifest.Labels.TryGetValue(name, out var value) && CatalogText.CanHold(value) ? value : null;
}
