namespace Holdfast.Engine.Tests.Upkeep.Prune.Exploration;

/// <summary>
/// Everything that a step can see: the store, the catalog, and what each process remembers, in words of bits. Objects are numbered: packs
/// first, then index objects; a set of them is a mask. Chunks are two, a set of them two bits.
/// </summary>
internal sealed class ProtocolState
{
    public const int Writers = 3;

    /// <summary>Two, and the one that comes at the end to see whether space comes back.</summary>
    public const int Collectors = 3;

    /// <summary>Runs of a collector: each has names of its own for what it puts, for names are never used twice.</summary>
    public const int Rounds = 3;

    public const int PackCount = 2 + Writers + (Collectors * Rounds);
    public const int IndexCount = 1 + Writers + (2 * Collectors * Rounds);
    public const ulong AllPacks = (1UL << PackCount) - 1;
    public const int Reader = Writers;
    public const int FirstCollector = Writers + 1;

    /// <summary>The backup that was there before anybody began; the others are the writers'.</summary>
    public const int OldBackup = Writers;

    private const int Names = 3;
    private const int Epochs = Names + ((IndexCount + 3) / 4);
    private const int Process = Epochs + ((PackCount + IndexCount + 15) / 16);
    private const int WordsAProcess = 8;
    private const int Meta = Process + (WordsAProcess * (FirstCollector + Collectors));
    private const int Length = Meta + 6;

    private readonly ulong[] _words;

    public ProtocolState() => _words = new ulong[Length];

    private ProtocolState(ulong[] words) => _words = words;

    public ref ulong Stored => ref _words[0];

    public ref ulong Registered => ref _words[2];

    public ref ulong Condemned => ref _words[Meta];

    public ref ulong Deleting => ref _words[Meta + 1];

    /// <summary>Of what has a fate: why.</summary>
    public ref ulong Loose => ref _words[Meta + 2];

    public ref ulong Sessions => ref _words[Meta + 3];

    private ref ulong Rows => ref _words[Meta + 4];

    private ref ulong Counters => ref _words[Meta + 5];

    public ulong WithFate => Condemned | Deleting;

    public static int PackOf(int writer) => 2 + writer;

    public static int CopyOf(int collector, int round) => 2 + Writers + (collector * Rounds) + round;

    public static int IndexOf(int writer) => PackCount + 1 + writer;

    public static int IndexOfCopy(int collector, int round) => PackCount + 1 + Writers + (((collector * Rounds) + round) * 2);

    public static int IndexInPlace(int collector, int round) => IndexOfCopy(collector, round) + 1;

    public static ulong Bit(int at) => 1UL << at;

    public static ulong WithoutFirst(ulong mask) => mask & unchecked(mask - 1);

    public static IEnumerable<int> In(ulong mask)
    {
        for (; mask != 0; mask = WithoutFirst(mask))
            yield return System.Numerics.BitOperations.TrailingZeroCount(mask);
    }

    public ProtocolState Copy() => new((ulong[])_words.Clone());

    public ulong ChunksIn(int pack) => Get(1, pack * 2, 2);

    public void Put(int pack, ulong chunks)
    {
        Set(1, pack * 2, 2, chunks);
        Stored |= Bit(pack);
    }

    public ulong NamedBy(int index) => Get(Names + ((index - PackCount) / 4), (index - PackCount) % 4 * 16, 16);

    public void PutIndex(int index, ulong packs)
    {
        Set(Names + ((index - PackCount) / 4), (index - PackCount) % 4 * 16, 16, packs);
        Stored |= Bit(index);
    }

    /// <summary>The packs that some index objects name.</summary>
    public ulong NamedByAll(ulong indexes)
    {
        var packs = 0UL;
        for (; indexes != 0; indexes = WithoutFirst(indexes))
            packs |= NamedBy(System.Numerics.BitOperations.TrailingZeroCount(indexes));

        return packs;
    }

    public ulong ChunksInAll(ulong packs)
    {
        var chunks = 0UL;
        for (; packs != 0; packs = WithoutFirst(packs))
            chunks |= ChunksIn(System.Numerics.BitOperations.TrailingZeroCount(packs));

        return chunks;
    }

    /// <summary>What can be read by way of some index objects.</summary>
    public ulong Readable(ulong indexes) => ChunksInAll(NamedByAll(indexes & Stored) & Stored);

    public long EpochOf(int fate) => (long)Get(Epochs + (fate / 16), fate % 16 * 4, 4);

    public void SetEpochOf(int fate, long epoch) => Set(Epochs + (fate / 16), fate % 16 * 4, 4, (ulong)epoch);

    /// <summary>What a process remembers.</summary>
    public ref ulong Memory(int process, Word word) => ref _words[Process + (process * WordsAProcess) + (int)word];

    public int At(int process) => (int)(Memory(process, Word.At) & 31);

    public void GoTo(int process, int at) => Memory(process, Word.At) = (Memory(process, Word.At) & ~31UL) | (uint)at;

    /// <summary>Forgets all but the round.</summary>
    public void Forget(int process, int at)
    {
        var round = Round(process);
        Array.Clear(_words, Process + (process * WordsAProcess), WordsAProcess);
        Memory(process, Word.At) = (uint)at | ((uint)round << 8);
    }

    public int Round(int process) => (int)(Memory(process, Word.At) >> 8);

    public void NextRound(int process) => Memory(process, Word.At) += 256;

    public bool HasSession(int process) => Get(Meta + 3, process * 8, 1) != 0;

    public long EpochOfSession(int process) => (long)Get(Meta + 3, (process * 8) + 1, 4);

    public ulong HeldBy(int process) => Get(Meta + 3, (process * 8) + 5, 2);

    public void BeginSession(int process, long epoch, ulong held) =>
        Set(Meta + 3, process * 8, 8, 1 | ((ulong)epoch << 1) | (held << 5));

    public void EndSession(int process) => Set(Meta + 3, process * 8, 8, 0);

    public Row RowOf(int backup) => (Row)Get(Meta + 4, backup * 4, 3);

    public void SetRow(int backup, Row row) => Set(Meta + 4, backup * 4, 3, (ulong)row);

    public bool HasManifest(int backup) => Get(Meta + 4, (backup * 4) + 3, 1) != 0;

    public void SetManifest(int backup, bool isThere) => Set(Meta + 4, (backup * 4) + 3, 1, isThere ? 1UL : 0);

    public long Epoch
    {
        get => (long)Get(Meta + 5, 0, 4);
        set => Set(Meta + 5, 0, 4, (ulong)value);
    }

    /// <summary>How many sessions were ended over the heads of their processes.</summary>
    public int Fences
    {
        get => (int)Get(Meta + 5, 4, 4);
        set => Set(Meta + 5, 4, 4, (ulong)value);
    }

    /// <summary>128 bits: that two states of some millions share one is not to be expected.</summary>
    public UInt128 Hash()
    {
        var (a, b) = (0x9E3779B97F4A7C15UL, 0xC2B2AE3D27D4EB4FUL);
        foreach (var word in _words)
        {
            a = Mix(a ^ word, 0xBF58476D1CE4E5B9);
            b = Mix(b ^ word, 0x94D049BB133111EB);
        }

        return new UInt128(a, b);

        static ulong Mix(ulong value, ulong by)
        {
            value = unchecked(value * by);
            return value ^ (value >> 32);
        }
    }

    private ulong Get(int word, int from, int bits) => (_words[word] >> from) & ((1UL << bits) - 1);

    private void Set(int word, int from, int bits, ulong value)
    {
        var mask = ((1UL << bits) - 1) << from;
        _words[word] = (_words[word] & ~mask) | ((value << from) & mask);
    }
}

/// <summary>The row of a backup in the catalog.</summary>
internal enum Row
{
    None,
    Committed,
    Available,
    Deleting,
    Gone,
}

/// <summary>What a process remembers between its steps.</summary>
internal enum Word
{
    /// <summary>Its step, and its round.</summary>
    At,

    /// <summary>Writers: packs that had a fate at the begin. Collectors: objects that were listed.</summary>
    Seen,

    /// <summary>Writers: packs that the index named. Readers and collectors: index objects that were loaded.</summary>
    View,

    /// <summary>Chunks: to be looked up, then to be stored; of collectors: needed by the maps that were walked.</summary>
    Chunks,

    /// <summary>Collectors: packs that were there when they were loaded. Readers: the pack to read, plus one; and the one that was
    /// missed.</summary>
    Packs,

    /// <summary>Collectors: objects to condemn, then objects to take back.</summary>
    First,

    /// <summary>Collectors: the loose ones of those, then objects to delete.</summary>
    Second,

    /// <summary>Collectors: packs to move, then index objects to replace.</summary>
    Third,
}
