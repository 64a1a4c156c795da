using System.Text.Json;

namespace Holdfast.Client;

/// <summary>How far a job was when its log last told.</summary>
/// <param name="Took">From the job's beginning to then, by the service's clock; null where that cannot be said.</param>
internal sealed record JobPace(long BytesDone, long BytesTotal, TimeSpan? Took)
{
    /// <summary>The last that a part of the log tells; null where it tells nothing of that.</summary>
    /// <param name="beginAt">What is older is of other work of the same job; null where all is of interest.</param>
    public static JobPace? Find(IEnumerable<JsonElement> lines, DateTimeOffset? beginAt)
    {
        foreach (var line in lines.Reverse())
        {
            if (beginAt is not null && line.Time("time") < beginAt)
            {
                return null;
            }

            if (line.Object("fields") is { } fields && (fields.Number("bytes_done"), fields.Number("bytes_total")) is ({ } done, { } total))
            {
                var took = line.Time("time") - beginAt;
                return new JobPace(done, total, took > TimeSpan.Zero ? took : null);
            }
        }

        return null;
    }
}
