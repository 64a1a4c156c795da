using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Restores;

/// <summary>
/// What a restore's bytes touch. It is in the job's row before the first of them, so that a later attempt knows what an earlier one has
/// half written for its own: nobody has to confirm that it may be lost. What took the target's place since is not it.
/// </summary>
internal sealed record RestoreMark
{
    /// <summary>The target's path, links followed.</summary>
    [JsonPropertyName("path")]
    public required string Path { get; init; }

    /// <summary>What was opened there (<see cref="DeviceIdentity"/>, as text).</summary>
    [JsonPropertyName("device")]
    public string? Device { get; init; }

    public static RestoreMark Of(DeviceAddress address, IBlockDevice target) =>
        new() { Path = address.ResolvedPath, Device = target.Identity()?.ToText() };

    public string ToJson() => JsonSerializer.Serialize(this, RestoreMarkJson.Default.RestoreMark);

    public static RestoreMark? Parse(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, RestoreMarkJson.Default.RestoreMark);

    /// <summary>Whether what is at the address now is what was marked.</summary>
    public async Task<bool> IsAtAsync(DeviceAddress address)
    {
        if (address.ResolvedPath != Path || DeviceIdentity.TryParse(Device) is not { } marked)
        {
            return false;
        }

        try
        {
            await using var there = address.OpenForReading();
            // A file that was replaced is the same volume to who registers it, but not the bytes that were written here.
            return there.Identity() is { } now
                && now.DifferencesFrom(marked).Count == 0
                && (marked.Kind == DeviceKind.BlockDevice || now.Inode == marked.Inode);
        }
        catch (HoldfastException)
        {
            return false; // opening it for writing says what is wrong
        }
    }
}

[JsonSerializable(typeof(RestoreMark))]
internal sealed partial class RestoreMarkJson : JsonSerializerContext;
