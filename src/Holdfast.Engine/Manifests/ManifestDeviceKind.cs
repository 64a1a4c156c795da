using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Devices;

namespace Holdfast.Engine.Manifests;

/// <summary>A device's kind as a manifest writes it: a word, where the catalog has a number. Spec: docs/format/repository-v1.md,
/// section 8.</summary>
internal sealed class ManifestDeviceKind : JsonConverter<DeviceKind>
{
    /// <summary>A kind that this version does not know.</summary>
    public const DeviceKind Unknown = 0;

    private const string File = "file";
    private const string BlockDevice = "block-device";

    public override DeviceKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String ? throw new JsonException("The kind of a device is not a text.")
        : reader.ValueTextEquals(File) ? DeviceKind.File
        : reader.ValueTextEquals(BlockDevice) ? DeviceKind.BlockDevice
        : Unknown;

    public override void Write(Utf8JsonWriter writer, DeviceKind value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value == DeviceKind.File ? File : BlockDevice);
}
