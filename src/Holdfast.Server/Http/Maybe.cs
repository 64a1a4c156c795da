using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Server.Http;

/// <summary>A member that an answer has, perhaps null, or has not at all: which of the two a version of the API says. Used with
/// <see cref="JsonIgnoreCondition.WhenWritingDefault"/>: the default is the member that is not there.</summary>
/// <param name="IsThere">True whenever there is the member.</param>
internal readonly record struct Maybe<T>(T? Value, bool IsThere = true);

/// <summary>Writes what is in a <see cref="Maybe{T}"/>, or null.</summary>
internal sealed class MaybeConverter<T> : JsonConverter<Maybe<T>>
{
    public override Maybe<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("answers are written, not read");

    public override void Write(Utf8JsonWriter writer, Maybe<T> value, JsonSerializerOptions options)
    {
        if (value.Value is { } there)
        {
            JsonSerializer.Serialize(writer, there, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
