using System.Buffers;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>Writes the bytes of an object into its file, past the page cache where that can be done.</summary>
/// <param name="step">Called with a word before each system call, for tests that crash there.</param>
internal sealed class LocalObjectStoreWriter(Action<string>? step)
{
    // Between two steps of this size the kernel is told to begin writing, so that the sync at the end of a pack finds little left to do.
    private const int WriteStep = 8 * 1024 * 1024;

    /// <summary>What is shorter is written through the cache: it is small change, and the cache is where it is read from soon.</summary>
    private const int DirectFrom = 1024 * 1024;

    /// <summary>What the memory, the place and the length of a direct write are multiples of: the block of nearly every disk.</summary>
    private const int DirectUnit = 4096;

    public void Write(LocalObjectStorePlace place, SafeFileHandle file, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var done = WriteDirectly(place, file, content, cancel);
        WriteAll(file, content.Slice(done), done, cancel);
    }

    /// <summary>
    /// Writes the whole units of a large object past the cache: it is not read again soon, and copying it costs. The tail is left to the
    /// cache, and so is everything where the file system or the memory does not allow it.
    /// </summary>
    /// <returns>Bytes written, from the first on.</returns>
    private long WriteDirectly(
        LocalObjectStorePlace place,
        SafeFileHandle file,
        in ReadOnlySequence<byte> content,
        CancellationToken cancel
    )
    {
        if (!place.WritesDirectly || !content.IsSingleSegment || content.Length < DirectFrom || !IsAligned(content.First))
            return 0;

        if (Libc.SetDirect(file, direct: true) != Errno.Ok)
        {
            place.WritesDirectly = false;
            return 0;
        }

        var whole = content.First[..(int)(content.Length / DirectUnit * DirectUnit)];
        var offset = 0;
        try
        {
            while (offset < whole.Length)
            {
                cancel.ThrowIfCancellationRequested();
                step?.Invoke("write");
                var piece = whole.Slice(offset, Math.Min(WriteStep, whole.Length - offset));
                RandomAccess.Write(file, piece.Span, offset);
                offset += piece.Length;
            }
        }
        catch (IOException e) when (Errno.Of(e) == Errno.Invalid)
        {
            // Larger blocks than ours, or a file system that says so only now. What was written of this piece is written again.
            place.WritesDirectly = false;
        }

        _ = Libc.SetDirect(file, direct: false);
        return offset;
    }

    private static unsafe bool IsAligned(ReadOnlyMemory<byte> bytes)
    {
        using var pin = bytes.Pin();
        return (nuint)pin.Pointer % DirectUnit == 0;
    }

    private void WriteAll(
        SafeFileHandle file,
        in ReadOnlySequence<byte> content,
        long offset,
        CancellationToken cancel
    )
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        for (var rest = content; !rest.IsEmpty;)
        {
            cancel.ThrowIfCancellationRequested();
            var length = Math.Min(rest.Length, WriteStep);
            pieces.Clear();
            foreach (var piece in rest.Slice(0, length))
                pieces.Add(piece);

            step?.Invoke("write");
            RandomAccess.Write(file, pieces, offset);
            rest = rest.Slice(length);
            if (!rest.IsEmpty)
                Libc.StartWriteback(file, offset, length);

            offset += length;
        }
    }
}
