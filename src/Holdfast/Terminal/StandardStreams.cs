using System.Text;
using Holdfast.Running;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Terminal;

/// <summary>
/// Standard output and error as a program is given them: full, closed or without a reader. What cannot be told on standard error is not
/// told, and the exit code stays; what cannot be written to standard output is a failure of the verb, with a reason. A reader that goes
/// away (<c>| head -1</c>) is neither: the runtime passes over it.
/// </summary>
internal static class StandardStreams
{
    private const int Last = 2;

    /// <summary>Kept as long as the process lives.</summary>
    private static readonly List<SafeFileHandle> Held = [];

    /// <summary>To be called before anything is opened or written.</summary>
    public static void Guard()
    {
        HoldClosed();
        Console.SetOut(new StrictWriter());
        Console.SetError(new ForgivingWriter());
    }

    /// <summary>
    /// A number that was closed is the next that is given away: lines would be written into a file of the repository that happened to be
    /// opened then. So it is taken by something that refuses to be written.
    /// </summary>
    private static void HoldClosed()
    {
        try
        {
            for (var number = 0; number <= Last; number++)
            {
                var taken = File.OpenHandle("/dev/null");
                if (taken.DangerousGetHandle() > Last)
                {
                    taken.Dispose();
                    return;
                }

                Held.Add(taken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A machine without /dev/null: nothing is held, and nothing is worse than before.
        }
    }

    /// <summary>Standard output. Opened when it is first written: it may be closed.</summary>
    private sealed class StrictWriter : TextWriter
    {
        private TextWriter? _output;

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(string? value) => Write(value.AsSpan());

        public override void WriteLine(string? value) => Write($"{Plain(value)}\n");

        public override void Write(ReadOnlySpan<char> buffer)
        {
            try
            {
                _output ??= Open(Console.OpenStandardOutput());
                _output.Write(buffer);
            }
            catch (Exception e) when (IsRefusal(e))
            {
                throw OutputFailed(e);
            }
        }
    }

    /// <summary>Standard error, for as long as it takes lines.</summary>
    private sealed class ForgivingWriter : TextWriter
    {
        private TextWriter? _error;
        private bool _gone;

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(string? value) => Write(value.AsSpan());

        public override void WriteLine(string? value) => Write($"{Plain(value)}\n");

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (_gone)
            {
                return;
            }

            try
            {
                _error ??= Open(Console.OpenStandardError());
                _error.Write(buffer);
            }
            catch (Exception e) when (IsRefusal(e))
            {
                _gone = true;
            }
        }
    }

    /// <summary>Writes a document to standard output that was made whole before.</summary>
    /// <exception cref="VerbFailedException">Standard output does not take it.</exception>
    public static void WriteWhole(ReadOnlySpan<byte> document)
    {
        try
        {
            using var output = Console.OpenStandardOutput();
            output.Write(document);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw OutputFailed(e);
        }
    }

    /// <summary>A line for people, without what would move the terminal's cursor, change its colours or its title: names of volumes come
    /// from anybody, and reasons from other machines. What is written in parts (tables, progress) brings its own colours, and sees to
    /// names itself.</summary>
    internal static string Plain(string? line) =>
        string.Concat(
            (line ?? "")
                .Replace("\r\n", "\n", StringComparison.Ordinal)
                .Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\ufffd' : c)
        );

    /// <summary>Why the output of a verb is not where it should be.</summary>
    public static VerbFailedException OutputFailed(Exception why) =>
        new(
            $"standard output cannot be written ({(why.InnerException ?? why).Message.TrimEnd('.')}). What the verb did besides telling it "
                + $"is done.",
            why
        );

    /// <summary>What the runtime makes of a stream that is full, or that is closed.</summary>
    public static bool IsRefusal(Exception error) => error is IOException or UnauthorizedAccessException;

    private static StreamWriter Open(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 256) { AutoFlush = true };
}
