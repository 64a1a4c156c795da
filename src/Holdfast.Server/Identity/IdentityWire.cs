using System.Globalization;
using System.Text.Json;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>Users, projects, roles and tokens in Keystone's shapes.</summary>
internal static class IdentityWire
{
    public static string NameOf(Role role) => role.ToString().ToLowerInvariant();

    public static Role? FindRole(string name) => Enum.GetValues<Role>().Cast<Role?>().FirstOrDefault(role => NameOf(role!.Value) == name);

    /// <summary>RFC 3339 with its zone: a client decodes it as a time.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <param name="self">Address of the object, or of the list that it is in.</param>
    public static Task AnswerAsync<T>(
        HttpContext context,
        int status,
        string member,
        T value,
        string self,
        Action<Utf8JsonWriter, T, string> write
    ) =>
        JsonAnswer.WriteAsync(
            context,
            status,
            (member, value, self, write),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WritePropertyName(answer.member);
                answer.write(json, answer.value, answer.self);
                json.WriteEndObject();
            }
        );

    /// <param name="self">Address of the list.</param>
    /// <param name="collection">Address under which each element is found by its id.</param>
    public static Task ListAsync<T>(
        HttpContext context,
        string member,
        IEnumerable<T> list,
        string self,
        string collection,
        Action<Utf8JsonWriter, T, string> write
    ) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (member, list, self, collection, write),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteStartArray(answer.member);
                foreach (var element in answer.list)
                {
                    answer.write(json, element, answer.collection);
                }

                json.WriteEndArray();
                WriteListLinks(json, answer.self);
                json.WriteEndObject();
            }
        );

    public static void WriteListLinks(Utf8JsonWriter json, string self)
    {
        json.WriteStartObject("links");
        json.WriteString("self", self);
        json.WriteNull("previous");
        json.WriteNull("next");
        json.WriteEndObject();
    }

    /// <summary>A free text; null when it is not there. A null in the body takes it away, as an empty one does.</summary>
    public static string? ReadDescription(JsonElement body, string member)
    {
        var text = body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Null ? "" : body.TextMember(member);
        return text is not null && NameRule.TextTroubleOf(text) is { } trouble
            ? throw new ApiException(StatusCodes.Status400BadRequest, "", $"'{member}' {trouble}")
            : text;
    }

    /// <summary>For the log: what a change sets.</summary>
    public static string ChangesOf(string? name, bool? enabled) =>
        $"{(name is null ? "" : $" name '{name}'")}{enabled switch { true => " enabled", false => " disabled", null => "" }}";

    /// <summary>There are three roles, and their names are their ids.</summary>
    public static void WriteRole(Utf8JsonWriter json, Role role, string collection)
    {
        json.WriteStartObject();
        json.WriteString("id", NameOf(role));
        json.WriteString("name", NameOf(role));
        json.WriteNull("domain_id");
        json.WriteNull("description");
        WriteRest(json, $"{collection}/{NameOf(role)}");
    }

    public static void WriteNamed(Utf8JsonWriter json, string member, string id, string name, bool withDomain)
    {
        json.WriteStartObject(member);
        json.WriteString("id", id);
        json.WriteString("name", name);
        if (withDomain)
        {
            WriteNamed(json, "domain", ServiceCatalog.DomainId, ServiceCatalog.DomainName, withDomain: false);
        }

        json.WriteEndObject();
    }

    private static void WriteRest(Utf8JsonWriter json, string self)
    {
        json.WriteStartObject("options");
        json.WriteEndObject();
        json.WriteStartObject("links");
        json.WriteString("self", self);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
