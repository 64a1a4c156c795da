using System.Buffers;

namespace Holdfast.Engine.Objects.S3;

/// <summary>
/// The content of a put, as a library reads it that sends requests. A request that was given up may go on reading for a while on another
/// thread; so each read copies under a lock, and after <see cref="Stop"/> has returned none touches the content any more.
/// </summary>
internal sealed class SequenceStream(ReadOnlySequence<byte> content) : Stream
{
    private readonly Lock _lock = new();
    private readonly long _length = content.Length;
    private ReadOnlySequence<byte> _content = content;
    private long _position;
    private bool _isStopped;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => Interlocked.Read(ref _position);
        set => Seek(value, SeekOrigin.Begin);
    }

    /// <summary>Ends all reading, for good. Waits for a copy that is under way.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
            _content = ReadOnlySequence<byte>.Empty;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isStopped, this);
            var length = (int)Math.Min(buffer.Length, _length - _position);
            if (length <= 0)
                return 0;

            _content.Slice(_position, length).CopyTo(buffer);
            _position += length;
            return length;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 1 ? one[0] : -1;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        lock (_lock)
        {
            var to = origin switch
            {
                SeekOrigin.Begin => offset,
                SeekOrigin.Current => _position + offset,
                _ => _length + offset,
            };
            ArgumentOutOfRangeException.ThrowIfNegative(to, nameof(offset));
            return _position = to;
        }
    }

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Stop();
        base.Dispose(disposing);
    }
}
