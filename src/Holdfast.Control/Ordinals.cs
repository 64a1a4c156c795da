namespace Holdfast.Control;

/// <summary>Numbers that say which one: 1st, 2nd, 11th.</summary>
public static class Ordinals
{
    public static string Of(long number) =>
        (number % 100, number % 10) switch
        {
            (11 or 12 or 13, _) => $"{number}th",
            (_, 1) => $"{number}st",
            (_, 2) => $"{number}nd",
            (_, 3) => $"{number}rd",
            _ => $"{number}th",
        };
}
