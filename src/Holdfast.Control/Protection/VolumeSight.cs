namespace Holdfast.Control.Protection;

/// <summary>A volume's protection in short: what is counted, filtered and ordered by. The rest is in
/// <see cref="VolumeProtection"/>.</summary>
/// <param name="NewestAt">When the newest good backup was begun; null for none.</param>
/// <param name="IsDatedAhead">See <see cref="VolumeProtection.IsDatedAhead"/>.</param>
public sealed record VolumeSight(VolumeId Volume, string Name, ProtectionState State, DateTimeOffset? NewestAt, bool IsDatedAhead);
