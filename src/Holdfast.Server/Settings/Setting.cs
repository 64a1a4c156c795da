using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Holdfast.Server.Settings;

/// <summary>One setting: what it is called, and what its text must be.</summary>
public sealed class Setting
{
    private readonly PropertyInfo _property;
    private readonly RangeAttribute? _range;
    private readonly Type _type;

    private Setting(string key, PropertyInfo property, object? standard)
    {
        (Key, _property) = (key, property);
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        _range = property.GetCustomAttribute<RangeAttribute>();
        Default = Convert.ToString(standard, CultureInfo.InvariantCulture) ?? "";
    }

    /// <summary>With colons: <c>Jobs:Workers</c>.</summary>
    public string Key { get; }

    /// <summary>As text; empty where there is none.</summary>
    public string Default { get; }

    /// <summary>The least and the greatest number, both allowed; null where it is no number.</summary>
    public (long Least, long Most)? Bounds =>
        _range is null ? null : (ToLong(_range.Minimum), ToLong(_range.Maximum));

    /// <summary>For people: of a secret only that it is set.</summary>
    internal string Shown => IsSecret && Default.Length > 0 ? "set, not shown" : Default;

    internal bool IsSecret => _property.IsDefined(typeof(SecretAttribute));

    /// <summary>All settings below a type: its properties that are values, and those of its properties that are sections.</summary>
    internal static IEnumerable<Setting> AllOf(object section, string prefix = "")
    {
        foreach (var property in section.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.CanWrite)
            {
                yield return new Setting(prefix + property.Name, property, property.GetValue(section));
            }
            else if (property.GetValue(section) is { } inner)
            {
                foreach (var setting in AllOf(inner, $"{prefix}{property.Name}:"))
                {
                    yield return setting;
                }
            }
        }
    }

    /// <summary>What is wrong with a text, as the end of a sentence that begins with the key; or null.</summary>
    public string? TroubleOf(string text) =>
        TroubleOfType(text)
        ?? _property
            .GetCustomAttributes<TextRuleAttribute>()
            .Select(rule => rule.TroubleOf(text))
            .FirstOrDefault(wrong => wrong is not null)
        ?? (_property.GetCustomAttribute<RegularExpressionAttribute>() is { } form && !form.IsValid(text) ? form.ErrorMessage : null);

    private string? TroubleOfType(string text) =>
        _type switch
        {
            _ when _type == typeof(bool) => bool.TryParse(text, out _) ? null : "is true or false",
            _ when _type == typeof(int) || _type == typeof(long) => TroubleOfNumber(text),
            { IsEnum: true } => Enum.GetNames(_type).Contains(text, StringComparer.OrdinalIgnoreCase)
                ? null
                : Enum.GetNames(_type) is [var one, var other] ? $"is {one} or {other}"
                : $"is one of {string.Join(' ', Enum.GetNames(_type))}",
            _ => null,
        };

    private string? TroubleOfNumber(string text)
    {
        var (least, most) = Bounds ?? (int.MinValue, int.MaxValue);
        var style = least < 0 ? NumberStyles.AllowLeadingSign : NumberStyles.None;
        return long.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? null
            : most == long.MaxValue ? "is a whole number, or -1 for no limit"
            : $"is a whole number from {least} to {most}";
    }

    /// <summary>A bound that is a long is kept as a double by its attribute, and the greatest of all does not fit back.</summary>
    private static long ToLong(object bound) =>
        bound is double number && number >= long.MaxValue ? long.MaxValue : Convert.ToInt64(bound, CultureInfo.InvariantCulture);
}
