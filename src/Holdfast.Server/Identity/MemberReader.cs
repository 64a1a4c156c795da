using System.Buffers;
using System.Text.Json;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>Reads the members of users and projects that nothing here acts on: kept and shown again, or refused by name.</summary>
internal static class MemberReader
{
    /// <summary>Characters that the free members of a user or project have together, at most, in one request.</summary>
    private const int MaxFree = 8192;

    private const int MaxTags = 80;
    private const int MaxTag = 255;

    /// <summary>Options that free from rules that there are not here: whoever sets them gets what they say.</summary>
    private static readonly string[] UserOptions =
    [
        "ignore_change_password_upon_first_use",
        "ignore_password_expiry",
        "ignore_lockout_failure_attempts",
        "ignore_user_inactivity",
    ];

    /// <summary>Refuses a domain that there is not, and what only another service has.</summary>
    public static void CheckDomain(JsonElement given)
    {
        if (given.TextMember("domain_id") is { } domain && domain != ServiceCatalog.DomainId)
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                "",
                $"there is no domain '{domain}'; there is one, '{ServiceCatalog.DomainId}', and 'domain_id' may be left out"
            );
        }
    }

    /// <summary>Refuses a project that is a domain or lies in another project.</summary>
    public static void CheckPlace(JsonElement project)
    {
        CheckDomain(project);
        if (project.SwitchMember("is_domain") == true)
        {
            throw Bad("'is_domain' cannot be true: there is one domain here, and no more are made");
        }

        if (project.TextMember("parent_id") is { } parent && parent != ServiceCatalog.DomainId)
        {
            throw Bad(
                $"'parent_id' cannot be '{parent}': projects do not lie in others here; leave it out, or give '{ServiceCatalog.DomainId}'"
            );
        }
    }

    /// <summary>Those that the request has beside the known ones, as a JSON object; "options" is one of them.</summary>
    /// <param name="refused">Names of members that are refused, and why.</param>
    public static string? ReadFree(JsonElement given, IReadOnlyCollection<string> known, IReadOnlyDictionary<string, string> refused)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        var any = false;
        json.WriteStartObject();
        foreach (var member in given.EnumerateObject())
        {
            var name = RequestBody.NameOf(member);
            if (refused.TryGetValue(name, out var why) && member.Value.ValueKind is not JsonValueKind.Null)
            {
                throw Bad($"'{name}' {why}");
            }

            if (known.Contains(name) || refused.ContainsKey(name))
            {
                continue;
            }

            if (member.Value.GetRawText().Contains("\\u", StringComparison.Ordinal))
            {
                CheckTexts(member.Value, name);
            }

            any = true;
            json.WritePropertyName(name);
            member.Value.WriteTo(json);
        }

        json.WriteEndObject();
        json.Flush();
        return !any ? null
            : buffer.WrittenCount <= MaxFree ? System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan)
            : throw Bad($"the members that are kept as they are have at most {MaxFree} bytes together");
    }

    public static void CheckUserOptions(JsonElement user) =>
        CheckOptions(
            user,
            option => UserOptions.Contains(option),
            "is no option that can be set here: it has to do with rules on passwords and logins that there are not; leave it out"
        );

    public static void CheckProjectOptions(JsonElement project) =>
        CheckOptions(project, _ => false, "is no option that can be set here: a project can always be changed; leave it out");

    /// <summary>Null when there are none in the request.</summary>
    public static IReadOnlyList<string>? ReadTags(JsonElement body)
    {
        if (body.ArrayMember("tags") is not { } list)
        {
            return null;
        }

        var tags = list.Select(tag =>
                tag.ValueKind == JsonValueKind.String
                    ? CheckTag(RequestBody.TextOf(tag, "tags"))
                    : throw Bad("'tags' is an array of strings")
            )
            .ToList();
        return tags.Count > MaxTags ? throw Bad($"a project has at most {MaxTags} tags, not {tags.Count}")
            : tags.Distinct(StringComparer.Ordinal).Count() < tags.Count ? throw Bad("'tags' has the same tag twice")
            : tags;
    }

    /// <summary>The tag, if it can be one.</summary>
    public static string CheckTag(string tag) =>
        tag.Length is > 0 and <= MaxTag && tag.IndexOfAny([',', '/']) < 0 && NameRule.TextTroubleOf(tag) is null
            ? tag
            : throw Bad($"a tag has 1 to {MaxTag} characters, none of them ',' or '/': not '{tag}'");

    public static int MostTags => MaxTags;

    private static void CheckOptions(JsonElement given, Func<string, bool> has, string why)
    {
        if (given.ObjectMember("options") is not { } options)
        {
            return;
        }

        foreach (var option in options.EnumerateObject())
        {
            var (name, isOff) = (RequestBody.NameOf(option), option.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False);
            if (!isOff && !has(name))
            {
                throw Bad($"'options.{name}' {why}");
            }

            if (!isOff && option.Value.ValueKind != JsonValueKind.True)
            {
                throw Bad($"'options.{name}' is true, false or null");
            }
        }
    }

    /// <summary>Refuses what no catalog stores: U+0000 and halves of pairs.</summary>
    private static void CheckTexts(JsonElement value, string name)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                RequestBody.TextOf(value, name);
                break;
            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    CheckTexts(element, name);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    RequestBody.NameOf(member);
                    CheckTexts(member.Value, name);
                }

                break;
        }
    }

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);
}
