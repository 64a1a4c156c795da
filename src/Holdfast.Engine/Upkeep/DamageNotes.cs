using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Manifests;

namespace Holdfast.Engine.Upkeep;

/// <summary>Gathers what is damaged, and which bytes of which restore points are lost with it. May be told from many threads; the ranges of
/// one restore point come from one, in order.</summary>
internal sealed class DamageNotes
{
    /// <summary>Ranges that are told of one restore point and one object.</summary>
    private const int MaxRanges = 1000;

    /// <summary>Pairs of a restore point and an object that ranges are kept of. Where nearly everything is lost, more would help
    /// nobody.</summary>
    private const int MaxPairs = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Note> _objects = [];
    private readonly HashSet<BackupId> _backups = [];
    private int _pairs;

    public bool IsEmpty => _objects.Count == 0;

    /// <summary>Notes that an object is damaged; what was noted first of it stays.</summary>
    public void AddFlaw(string key, string what)
    {
        lock (_lock)
            _objects.TryAdd(key, new Note(what));
    }

    /// <summary>Notes that a restore point's manifest cannot be used: all of it is lost.</summary>
    public void AddManifest(string key, string what, BackupId backup, string? volume)
    {
        lock (_lock)
        {
            var note = new Note(what);
            note.Backups[backup] = new Lost(volume);
            _objects[key] = note;
            _backups.Add(backup);
        }
    }

    /// <summary>Notes bytes of a restore point that are lost with an object.</summary>
    public void AddLost(string key, string what, Manifest manifest, VolumeRange range)
    {
        lock (_lock)
        {
            _backups.Add(manifest.Id);
            if (!_objects.TryGetValue(key, out var note))
                _objects[key] = note = new Note(what);

            if (!note.Backups.TryGetValue(manifest.Id, out var lost))
            {
                if (++_pairs > MaxPairs)
                    return;

                note.Backups[manifest.Id] = lost = new Lost(manifest.Volume);
            }

            lost.Add(range);
        }
    }

    /// <summary>Forgets a restore point that was removed meanwhile.</summary>
    public void Forget(BackupId backup, string manifest)
    {
        lock (_lock)
        {
            _backups.Remove(backup);
            _objects.Remove(manifest);
            foreach (var note in _objects.Values)
                note.Backups.Remove(backup);
        }
    }

    public IReadOnlyList<BackupId> Backups => [.. _backups.OrderBy(backup => backup.ToString(), StringComparer.Ordinal)];

    public IReadOnlyList<CheckDamage> ToDamage() =>
        [
            .. from note in _objects
            orderby note.Key
            select new CheckDamage(
                note.Key,
                note.Value.What,
                [
                    .. from lost in note.Value.Backups
                    orderby lost.Key.ToString()
                    select new DamagedBackup(lost.Key, lost.Value.Volume, lost.Value.Bytes, lost.Value.Ranges, lost.Value.HasMore),
                ]
            ),
        ];

    private sealed class Note(string what)
    {
        public string What => what;

        public Dictionary<BackupId, Lost> Backups { get; } = [];
    }

    private sealed class Lost(string? volume)
    {
        public string? Volume => volume;

        public long Bytes { get; private set; }

        public List<VolumeRange> Ranges { get; } = [];

        public bool HasMore { get; private set; }

        public void Add(VolumeRange range)
        {
            Bytes += range.Length;
            if (!HasMore && Ranges.Count > 0 && Ranges[^1] is var last && last.Offset + last.Length == range.Offset)
                Ranges[^1] = last with { Length = last.Length + range.Length };
            else if (Ranges.Count < MaxRanges)
                Ranges.Add(range);
            else
                HasMore = true;
        }
    }
}
