namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>A bit an item.</summary>
internal sealed class Bits
{
    private ulong[] _words = [];

    public bool this[long bit] => bit / 64 < _words.Length && (_words[bit / 64] & (1UL << (int)(bit % 64))) != 0;

    /// <summary>False when it was set already.</summary>
    public bool Set(long bit)
    {
        ref var word = ref _words[bit / 64];
        var mask = 1UL << (int)(bit % 64);
        var isNew = (word & mask) == 0;
        word |= mask;
        return isNew;
    }

    /// <summary>Makes room; what is set stays.</summary>
    public void GrowTo(long bits)
    {
        var words = (bits / 64) + 1;
        if (words > _words.Length)
            Array.Resize(ref _words, checked((int)Math.Max(words, _words.Length * 3L / 2)));
    }

    public void Clear() => Array.Clear(_words);
}
