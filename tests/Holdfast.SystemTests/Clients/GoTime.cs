using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.SystemTests.Clients;

/// <summary>A time as gophertelekomcloud's layout for OpenStack's times takes it: to the second, up to nine digits behind it, and no zone
/// at all.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record GoTime(DateTime Utc)
{
    private sealed class Converter : JsonConverter<GoTime>
    {
        private static readonly string[] Layouts =
        [
            .. Enumerable.Range(0, 8).Select(digits => "yyyy-MM-dd'T'HH:mm:ss" + (digits == 0 ? "" : "." + new string('f', digits))),
        ];

        public override GoTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DateTime.TryParseExact(
                reader.GetString(),
                Layouts,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var utc
            )
                ? new GoTime(utc)
                : throw new JsonException($"'{reader.GetString()}' is no time without a zone");

        public override void Write(Utf8JsonWriter writer, GoTime value, JsonSerializerOptions options) =>
            throw new NotSupportedException("Go's times are only read.");
    }
}
