using System.Text;

namespace Holdfast.Control.Upkeep;

/// <summary>The end of what a program writes, however much that is, and however long its lines are.</summary>
internal sealed class OutputTail
{
    /// <summary>Bytes that are kept.</summary>
    public const int Size = 4096;

    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[Size];
    private long _seen;

    /// <summary>Reads a stream to its end. Several may be read at once.</summary>
    public async Task ReadAsync(Stream from, CancellationToken cancel)
    {
        var buffer = new byte[Size];
        while (await from.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            Add(buffer.AsSpan(0, read));
        }
    }

    /// <summary>As text, without what a terminal would take for an order; a line that is not whole at the front is left out.</summary>
    public override string ToString()
    {
        byte[] bytes;
        bool isCut;
        lock (_gate)
        {
            var kept = (int)Math.Min(_seen, Size);
            var first = (int)((_seen - kept) % Size);
            bytes = [.. _bytes.AsSpan(first, kept == Size ? Size - first : kept), .. kept == Size ? _bytes.AsSpan(0, first) : []];
            isCut = _seen > Size;
        }

        var text = Encoding.UTF8.GetString(bytes).ReplaceLineEndings("\n");
        if (isCut && text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var end && end < text.Length - 1)
        {
            text = text[(end + 1)..];
        }

        return new string([.. text.Where(c => c is '\n' or '\t' || !char.IsControl(c))]).Trim();
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (var one in bytes)
            {
                _bytes[_seen++ % Size] = one;
            }
        }
    }
}
