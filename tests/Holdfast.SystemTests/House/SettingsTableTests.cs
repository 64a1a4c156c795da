using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Holdfast.Control.Jobs;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;
using Holdfast.Testing;

namespace Holdfast.SystemTests.House;

/// <summary>The table of settings in <c>docs/settings.md</c> and the code say the same: names, defaults, ranges.</summary>
public sealed partial class SettingsTableTests
{
    private static readonly BindingFlags Any =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Those whose default is a value, and not told in words.</summary>
    public static TheoryData<string> Defaults =>
        [.. Rows().Where(row => row.Default.Length > 0 && !row.Default.Contains(' ')).Select(row => row.Name)];

    public static TheoryData<string> Ranges => [.. Rows().Where(row => row.Range.Length > 0).Select(row => row.Name)];

    [Fact]
    public void Every_setting_is_in_the_table_and_none_else() =>
        Assert.Equal(
            SettingsReader
                .All.Select(setting => setting.Key)
                .Concat(Bound().Select(option => option.Name))
                .Distinct()
                .Order(StringComparer.Ordinal),
            Rows().Select(row => row.Name).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void The_bounds_of_options_are_those_of_the_table()
    {
        var wrong =
            from option in Bound()
            where option.Range is not null
            let row = Rows().Single(row => row.Name == option.Name)
            where row.Range != option.Range
            select $"{option.Name}: the table says '{row.Range}', the code '{option.Range}'";

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void A_default_is_what_holds_where_nothing_is_set(string name)
    {
        var row = Rows().Single(row => row.Name == name);
        var asIs = Values(Read([]));

        var changed = Values(Read([(name, row.Default)]))
            .Where(value => asIs.GetValueOrDefault(value.Key) is { } before && before != value.Value);
        Assert.Empty(changed.Select(value => $"{value.Key} is {asIs[value.Key]} by default, {value.Value} with {name}={row.Default}"));
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void All_of_a_range_is_taken_and_nothing_beyond_it(string name)
    {
        var row = Rows().Single(row => row.Name == name);
        string[] outside = [];
        string[] inside = row.Range.Split([", ", "…"], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (Interval().Match(row.Range) is { Success: true } interval)
        {
            var (least, most) = (Number(interval.Groups[1]), Number(interval.Groups[2]));
            inside = [$"{least}", $"{most}"];
            outside = [$"{least - 1}", $"{most + 1}"];
        }
        else
        {
            outside = int.TryParse(inside[0], CultureInfo.InvariantCulture, out var first) ? [$"{first - 1}", "x"] : ["x"];
        }

        Assert.Empty(inside.Where(value => Refuses(name, value)).Select(value => $"{name}={value} is refused"));
        Assert.Empty(outside.Where(value => !Refuses(name, value)).Select(value => $"{name}={value} is taken"));
        Assert.NotEmpty(inside);
    }

    private static long Number(Group digits) => long.Parse(digits.Value, CultureInfo.InvariantCulture);

    private static bool Refuses(string name, string value)
    {
        try
        {
            Read([(name, value)]);
            return false;
        }
        catch (HoldfastException e)
        {
            // What else is missing when a mode is chosen is another matter.
            return e.Message.Contains($"'{name}' ", StringComparison.OrdinalIgnoreCase);
        }
    }

    private static ServerSettings Read(IEnumerable<(string Name, string Value)> set) =>
        SettingsReader.Read(
            null,
            new Dictionary<string, string>(),
            set.ToDictionary(pair => pair.Name, string? (pair) => pair.Value),
            "/srv/holdfast"
        );

    /// <summary>All that the settings hold, by the path of its member.</summary>
    private static Dictionary<string, string> Values(ServerSettings settings)
    {
        var found = new Dictionary<string, string>();
        Collect(settings, "", found, depth: 0);
        return found;
    }

    private static void Collect(object value, string path, Dictionary<string, string> found, int depth)
    {
        foreach (var property in value.GetType().GetProperties(Any).Where(property => property.GetIndexParameters().Length == 0))
        {
            var member = property.GetMethod is { IsStatic: false } ? property.GetValue(value) : null;
            var isOurs =
                property.PropertyType is { IsClass: true, Namespace: { } name } && name.StartsWith("Holdfast", StringComparison.Ordinal);
            if (member is not null && isOurs && depth < 4)
            {
                Collect(member, $"{path}{property.Name}.", found, depth + 1);
            }
            else if (member is not null and not IEnumerable || member is string)
            {
                found[$"{path}{property.Name}"] = Convert.ToString(member, CultureInfo.InvariantCulture) ?? "";
            }
        }
    }

    /// <summary>Members of option classes that name their section and can be set, with their bounds as the table writes them.</summary>
    private static IEnumerable<(string Name, string? Range)> Bound() =>
        from assembly in new[] { typeof(JobOptions).Assembly, typeof(ServerSettings).Assembly }
        from type in assembly.GetTypes()
        let section = type.GetField("Section", Any)?.GetRawConstantValue() as string
        where section is not null
        from property in type.GetProperties(Any)
        where property.SetMethod is { } set && set.ReturnParameter.GetRequiredCustomModifiers().Length == 0
        select ($"{section}:{property.Name}", RangeOf(property));

    private static string? RangeOf(PropertyInfo property) =>
        property.GetCustomAttribute<RangeAttribute>() is not { } range ? null
        // Bounds of 64 bits are kept as numbers with a fraction.
        : Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture) >= long.MaxValue ? $"{range.Minimum}, {Next(range)}, …"
        : string.Create(CultureInfo.InvariantCulture, $"{range.Minimum}–{range.Maximum}");

    private static double Next(RangeAttribute range) => Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture) + 1;

    private static IEnumerable<(string Name, string Default, string Range)> Rows()
    {
        var prefix = "";
        foreach (var line in File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs", "settings.md")))
        {
            if (Row().Match(line) is not { Success: true } row)
            {
                continue;
            }

            foreach (Match name in Code().Matches(row.Groups[1].Value))
            {
                // "`Identity:Keystone:Username`, `…:Password`": the same section.
                var full = name.Groups[1].Value.Replace("…:", prefix, StringComparison.Ordinal);
                prefix = full[..(full.LastIndexOf(':') + 1)];
                yield return (full, Plain(row.Groups[2].Value), Plain(row.Groups[3].Value));
            }
        }
    }

    private static string Plain(string cell) => cell.Replace("`", "", StringComparison.Ordinal).Trim();

    [GeneratedRegex(@"^\| ((?:`[A-Za-z:…]+`(?:, )?)+) \|([^|]*)\|([^|]*)\|[^|]*\|$")]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^(\d+)–(\d+)$")]
    private static partial Regex Interval();
}
