using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.Metrics;

/// <summary>What was scraped, read by the grammar of Prometheus' text format and by nothing that the service itself uses. A line that is
/// none fails.</summary>
internal sealed partial class Scrape
{
    private readonly Dictionary<string, (string Type, string Help)> _families = [];
    private readonly Dictionary<(string Name, string Labels), double> _samples = [];

    private Scrape(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (Comment().Match(line) is { Success: true } comment)
            {
                var (kind, name, rest) = (comment.Groups[1].Value, comment.Groups[2].Value, comment.Groups[3].Value);
                Assert.Equal(kind == "TYPE", _families.ContainsKey(name));
                _families[name] = kind == "TYPE" ? (rest, _families[name].Help) : ("", rest);
                continue;
            }

            var sample = Sample().Match(line);
            Assert.True(sample.Success, $"no sample: {line}");
            var labels = sample.Groups[2].Captures.Zip(
                sample.Groups[3].Captures,
                (name, value) => (Name: name.Value, Value: Unescape(value.Value))
            );
            var number = sample.Groups[4].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal);
            var value = double.Parse(number, CultureInfo.InvariantCulture);
            Assert.True(_samples.TryAdd((sample.Groups[1].Value, Spell(labels)), value), $"told twice: {line}");
        }
    }

    public IReadOnlyDictionary<string, (string Type, string Help)> Families => _families;

    /// <summary>Names of all samples.</summary>
    public IEnumerable<string> Names => _samples.Keys.Select(sample => sample.Name).Distinct();

    public static async Task<Scrape> OfAsync(TestServer server)
    {
        var answer = await server.SendAsync("GET", "/metrics", token: null);
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (answer.Status, answer.Headers["Content-Type"]));
        return new Scrape(answer.Text);
    }

    /// <summary>Null where there is no such sample.</summary>
    public double? Find(string name, params (string Name, string Value)[] labels) =>
        _samples.TryGetValue((name, Spell(labels)), out var value) ? value : null;

    /// <summary>A label's values in all samples of a metric.</summary>
    public IEnumerable<string> Labels(string name, string label) =>
        from sample in _samples.Keys
        where sample.Name == name
        from pair in sample.Labels.Split('\u0001')
        where pair.StartsWith($"{label}\u0002", StringComparison.Ordinal)
        select pair[(label.Length + 1)..];

    private static string Spell(IEnumerable<(string Name, string Value)> labels) =>
        string.Join(
            '\u0001',
            labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}\u0002{label.Value}")
        );

    private static string Unescape(string value)
    {
        var text = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            text.Append(value[i] != '\\' ? value[i] : value[++i] == 'n' ? '\n' : value[i]);
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^# (HELP|TYPE) ([a-z_]+) (.+)$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^([a-z_]+)(?:\{(?:([a-z_]+)=""((?:[^""\\]|\\[\\""n])*)"",?)*\})? (\S+)$", RegexOptions.Singleline)]
    private static partial Regex Sample();
}
