using System.Text;

namespace Holdfast.Engine.Tests.Format;

/// <summary>The golden bytes of docs/format/repository-v1.md and catalog-export.md: blocks that begin with <c>```golden NAME</c>.</summary>
internal static class FormatPage
{
    private static readonly Lazy<string> Page = new(() => Read("repository-v1.md") + Read("catalog-export.md"));

    public static string Text(string name)
    {
        var start = $"```golden {name}\n";
        var at = Page.Value.IndexOf(start, StringComparison.Ordinal);
        Assert.True(at >= 0, $"docs/format has no block '{name}'.");
        at += start.Length;
        return Page.Value[at..Page.Value.IndexOf("```", at, StringComparison.Ordinal)];
    }

    /// <summary>A block as one line of hex digits.</summary>
    public static string Hex(string name) => string.Concat(Text(name).Where(c => !char.IsWhiteSpace(c)));

    private static string Read(string page)
    {
        using var stream =
            typeof(FormatPage).Assembly.GetManifestResourceStream(page)
            ?? throw new InvalidOperationException("The format page is not embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
