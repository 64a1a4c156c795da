using System.Text.Json;

namespace Holdfast.Client;

/// <summary>
/// The one table of what members of the API are called on the command line, by the code with which the service refuses them. A person gave
/// an option and is told of that option, with the value they gave.
/// </summary>
internal static class OptionNames
{
    private static readonly Dictionary<string, (string Member, string Option)[]> ByCode = new(StringComparer.Ordinal)
    {
        ["AutoBackup.0101"] = [("backup_policy_name", "NAME")],
        ["AutoBackup.0102"] = [("backup_policy_name", "NAME")],
        ["AutoBackup.0103"] = [("start_time", "--start-time")],
        ["AutoBackup.0105"] = [("remain_first_backup_of_curMonth", "--keep-first-of-month")],
        ["AutoBackup.0106"] = [("frequency", "--frequency"), ("week_frequency", "--week")],
        ["AutoBackup.0107"] = [("rentention_num", "--keep-count"), ("rentention_day", "--keep-days")],
        ["AutoBackup.0214"] = [("tags_any", "--tag-any"), ("not_tags", "--not-tag"), ("not_tags_any", "--not-tag-any"), ("tags", "--tag")],
        ["AutoBackup.0221"] = [("backup_policy_name", "NAME")],
        ["AutoBackup.0226"] = [("time_zone", "--time-zone")],
        ["VolumeBackup.0003"] = [("name", "--name")],
        ["VolumeBackup.0004"] = [("name", "--name")],
        ["VolumeBackup.0005"] = [("name", "--name")],
        ["VolumeBackup.0006"] = [("description", "--description")],
        ["VolumeBackup.0007"] = [("name", "--name")],
    };

    /// <summary>The service's words with the options' names in them, and what was given for those that it speaks of.</summary>
    /// <param name="sent">The body that is refused, as it was sent.</param>
    public static string Tell(string? code, string message, string? sent)
    {
        if (code is null || !ByCode.TryGetValue(code, out var names))
        {
            return message;
        }

        using var document = sent is null ? null : JsonDocument.Parse(sent);
        var spoken = names.Where(name => message.Contains($"'{name.Member}'", StringComparison.Ordinal)).ToList();
        var given = spoken
            .Select(name => (name.Option, Value: document is null ? null : Find(document.RootElement, name.Member)))
            .Where(pair => pair.Value is not null)
            .Select(pair => $"{pair.Option} {pair.Value}")
            .ToList();
        var told = spoken.Aggregate(message, (text, name) => text.Replace($"'{name.Member}'", name.Option, StringComparison.Ordinal));
        return given.Count == 0 ? told : $"{told}; given was {string.Join(", ", given)}";
    }

    /// <summary>A member's value as it was given on the command line, wherever in the body it is. Lists of objects are not one
    /// value.</summary>
    private static string? Find(JsonElement body, string member)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (!body.TryGetProperty(member, out var value))
        {
            return body.EnumerateObject().Select(inner => Find(inner.Value, member)).FirstOrDefault(found => found is not null);
        }

        return value.ValueKind switch
        {
            JsonValueKind.Object or JsonValueKind.Null => null,
            JsonValueKind.Array when value.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array) =>
                null,
            JsonValueKind.Array => string.Join(',', value.EnumerateArray()),
            _ => $"{value}",
        };
    }
}
