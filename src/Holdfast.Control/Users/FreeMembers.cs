using System.Text.Json.Nodes;

namespace Holdfast.Control.Users;

/// <summary>The members of a user or project that have no column, as a JSON object.</summary>
internal static class FreeMembers
{
    /// <summary>What is there, with what is set anew; members of "options" each for themselves, of which null takes one away.</summary>
    public static string Merge(string before, string change)
    {
        var (now, set) = (ObjectOf(before), ObjectOf(change));
        foreach (var (name, value) in set)
        {
            if (name != "options" || value is not JsonObject options)
            {
                now[name] = value?.DeepClone();
                continue;
            }

            var kept = now[name] as JsonObject ?? [];
            foreach (var (option, setting) in options)
            {
                if (setting is null)
                {
                    kept.Remove(option);
                }
                else
                {
                    kept[option] = setting.DeepClone();
                }
            }

            now[name] = kept.DeepClone();
        }

        return now.ToJsonString();
    }

    private static JsonObject ObjectOf(string text) => JsonNode.Parse(text) as JsonObject ?? [];
}
