using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;

namespace Holdfast.Server.Metrics;

/// <summary>Writes Prometheus' text format (0.0.4), with as little work a sample as there can be: at ten thousand volumes there are more
/// than a hundred thousand. Whatever is written is sent by <see cref="SendAsync"/> and <see cref="EndAsync"/> alone.</summary>
internal sealed class MetricText(PipeWriter to) : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Bytes that are gathered before they are sent. Half of what the server lets wait for a slow reader: so the next are written
    /// while these are on their way.</summary>
    private const int Most = 32 * 1024;

    /// <summary>Bytes that a number and what stands around it take at most.</summary>
    private const int NumberBytes = 32;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(2 * Most);
    private int _length;
    private byte[] _name = [];

    public void Begin(MetricFamily family)
    {
        Write(Encoding.UTF8.GetBytes($"# HELP {family.Name} {family.Help}\n# TYPE {family.Name} {family.Type}\n"));
        _name = Encoding.UTF8.GetBytes(family.Name);
    }

    /// <summary>A sample of the family that was begun last.</summary>
    /// <param name="labels">As <see cref="LabelsOf"/> makes them; empty for none.</param>
    /// <param name="value">Not negative; told to a thousandth, which is what the catalog's times have.</param>
    public void Add(ReadOnlySpan<byte> labels, double value) => Add(labels, [], value);

    /// <param name="more">Labels behind the others.</param>
    public void Add(ReadOnlySpan<byte> labels, ReadOnlySpan<byte> more, double value)
    {
        MakeRoom(_name.Length + labels.Length + more.Length + NumberBytes);
        Append(_name);
        if (labels.Length > 0)
        {
            _buffer[_length++] = (byte)'{';
            Append(labels);
            if (more.Length > 0)
            {
                _buffer[_length++] = (byte)',';
                Append(more);
            }

            _buffer[_length++] = (byte)'}';
        }

        _buffer[_length++] = (byte)' ';
        var (whole, thousandths) = Math.DivRem((long)Math.Round(value * 1000), 1000);
        Append(whole, default);
        if (thousandths > 0)
        {
            _buffer[_length++] = (byte)'.';
            Append(thousandths, new('D', 3));
        }

        _buffer[_length++] = (byte)'\n';
    }

    public void Add(double value) => Add([], value);

    public void Write(ReadOnlySpan<byte> text)
    {
        MakeRoom(text.Length);
        Append(text);
    }

    /// <summary>Sends what was written, where that is much: to be called now and then, so that a slow reader costs no memory.</summary>
    public ValueTask SendAsync(CancellationToken cancel) => _length < Most ? ValueTask.CompletedTask : EndAsync(cancel);

    /// <summary>Sends what was written, and then what was written by another.</summary>
    public async ValueTask SendOtherAsync(ReadOnlySequence<byte> other, CancellationToken cancel)
    {
        await EndAsync(cancel);
        foreach (var part in other)
        {
            await to.WriteAsync(part, cancel);
        }
    }

    /// <summary>Sends what is left.</summary>
    public async ValueTask EndAsync(CancellationToken cancel)
    {
        await to.WriteAsync(_buffer.AsMemory(0, _length), cancel);
        _length = 0;
    }

    /// <summary>Names and values in turn, as they stand between the braces. A value may hold any character.</summary>
    public static byte[] LabelsOf(params ReadOnlySpan<string> namesAndValues)
    {
        var text = new StringBuilder();
        for (var i = 0; i < namesAndValues.Length; i += 2)
        {
            text.Append(i == 0 ? "" : ",").Append(namesAndValues[i]).Append("=\"");
            foreach (var c in namesAndValues[i + 1])
            {
                _ = c switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    // Ends the text for some readers.
                    '\0' => text.Append('\uFFFD'),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }

        // Half of a pair of surrogates becomes U+FFFD.
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _buffer, []));

    private void MakeRoom(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _buffer.Length, _length + bytes));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Append(long number, StandardFormat format)
    {
        Utf8Formatter.TryFormat(number, _buffer.AsSpan(_length), out var written, format);
        _length += written;
    }
}
