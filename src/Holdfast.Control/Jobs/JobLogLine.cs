using System.Buffers;
using System.Text;
using System.Text.Json;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Jobs;

/// <summary>How grave a line of a job's log is. The numbers are stored.</summary>
public enum JobLogLevel
{
    Info = 1,
    Warning = 2,
    Error = 3,
}

/// <summary>A line of a job's log.</summary>
public sealed record JobLogLine
{
    /// <summary>Characters of a message that are kept.</summary>
    public const int MostText = 2000;

    /// <summary>Name of the field that tells who carries a job out. Only whoever runs the service is told it.</summary>
    public const string Server = "server";

    /// <summary>From 1; rises over all attempts of the job.</summary>
    public long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required JobLogLevel Level { get; init; }

    public required int Attempt { get; init; }

    /// <summary>For whoever may see the job: of a project's job it names no host, no process and no path of the service's own.</summary>
    public required string Message { get; init; }

    /// <summary>A JSON object of numbers, words and truths, or null.</summary>
    public string? Fields { get; init; }

    internal static JobLogLine Of(
        DateTimeOffset at,
        JobLogLevel level,
        int attempt,
        string message,
        IReadOnlyCollection<(string Name, object Value)> fields
    ) =>
        new()
        {
            At = at,
            Level = level,
            Attempt = attempt,
            Message = Plain(message),
            Fields = fields.Count == 0 ? null : Write(fields),
        };

    private static string Plain(string text) => CatalogText.OneLine(text, MostText, instead: ' ');

    private static string Write(IReadOnlyCollection<(string Name, object Value)> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in fields)
            {
                switch (value)
                {
                    case long number:
                        json.WriteNumber(name, number);
                        break;
                    case int number:
                        json.WriteNumber(name, number);
                        break;
                    case bool truth:
                        json.WriteBoolean(name, truth);
                        break;
                    default:
                        json.WriteString(name, Plain(value.ToString() ?? ""));
                        break;
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
