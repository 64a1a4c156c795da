namespace Holdfast.Server.Console.Words;

/// <summary>What the API says, as a sentence: there it has no capital and no end.</summary>
public static class Sentences
{
    public static string Of(string text) =>
        text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text.AsSpan(1).TrimEnd('.')}.";
}
