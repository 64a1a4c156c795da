#pragma warning disable
using Holdfast.Control.Catalog;
namespace Holdfast.Control.Policies
{
    public sealed record Retention { public int? Count { get; init; } public int? Days { get; init; } public bool KeepFirstOfMonth { get; init; } }
    public sealed record Schedule { public string StartTime { get; init; } = ""; public TimeSpan Offset { get; init; } public DateTimeOffset NextAfter(DateTimeOffset t) => t; public IEnumerable<DateTimeOffset> Slots(DateTimeOffset after, DateTimeOffset upTo) => []; }
    public sealed record Policy { public PolicyId Id { get; init; } public ProjectId Project { get; init; } public string Name { get; init; } = ""; public bool Enabled { get; init; } public Schedule Schedule { get; init; } = new(); public Retention Retention { get; init; } = new(); public DateTimeOffset? NextFireAt { get; init; } public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(); }
    public sealed class PolicyStore {
        public Task<Policy?> FindAsync(ProjectId p, PolicyId id, CancellationToken cancel) => throw new NotImplementedException();
        public Task<IReadOnlyList<PolicyId>> EnabledAsync(CancellationToken cancel) => throw new NotImplementedException();
        public Task<IReadOnlyList<VolumeId>> VolumesAsync(PolicyId id, CancellationToken cancel) => throw new NotImplementedException();
        public Task<Policy?> LockAsync(CatalogTransaction tx, PolicyId id, CancellationToken cancel) => throw new NotImplementedException();
        public Task<IReadOnlyList<PolicyId>> DueAsync(DateTimeOffset now, CancellationToken cancel) => throw new NotImplementedException();
        public Task SetNextFireAsync(CatalogTransaction tx, PolicyId id, DateTimeOffset? at, CancellationToken cancel) => throw new NotImplementedException();
        public Task<IReadOnlyList<VolumeId>> VolumesAsync(CatalogTransaction tx, PolicyId id, CancellationToken cancel) => throw new NotImplementedException();
    }
}
namespace Holdfast.Control.Volumes
{
    public enum VolumeStatus { Available = 1, InUse = 2, BackingUp = 3, Restoring = 4, Error = 5 }
    public sealed record Volume { public VolumeId Id { get; init; } public ProjectId Project { get; init; } public string Name { get; init; } = ""; public string Source { get; init; } = ""; public long SizeBytes { get; init; } public VolumeStatus Status { get; init; } }
    public sealed class VolumeStore {
        public Task<Volume?> FindAsync(ProjectId p, VolumeId id, CancellationToken cancel) => throw new NotImplementedException();
        public Task<Volume?> FindAsync(CatalogTransaction tx, VolumeId id, CancellationToken cancel) => throw new NotImplementedException();
        public Task<Volume?> FindBySourceAsync(Holdfast.Engine.Devices.DeviceAddress source, CancellationToken cancel) => throw new NotImplementedException();
        public Task SetStatusAsync(CatalogTransaction tx, VolumeId id, VolumeStatus s, CancellationToken cancel) => throw new NotImplementedException();
        public Task UpdateSizeAsync(CatalogTransaction tx, VolumeId id, long bytes, CancellationToken cancel) => throw new NotImplementedException();
    }
}

namespace Holdfast.Control.Users { public sealed class TokenStore { public Task<int> RemoveExpiredAsync(CancellationToken cancel) => throw new NotImplementedException(); } }
