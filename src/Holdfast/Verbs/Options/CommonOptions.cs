using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Holdfast.Client;
using Holdfast.Running;

namespace Holdfast.Verbs.Options;

/// <summary>Options that many verbs have, so that they read the same everywhere.</summary>
internal static class CommonOptions
{
    private const string DescriptionName = "--description";

    /// <summary>Refuses options and arguments that were given as an empty text, as <c>--key "$KEY"</c> is where the variable is not
    /// set. What they would mean is guesswork: the folder that the shell is in, everything, or nothing.</summary>
    /// <exception cref="UsageException">Names the first such option or argument.</exception>
    public static void ThrowIfEmpty(CommandResult given)
    {
        foreach (var part in given.Children)
        {
            var (name, tokens) = part switch
            {
                OptionResult { Implicit: false } option when option.Option.Name != DescriptionName => (option.Option.Name, option.Tokens),
                ArgumentResult argument => (argument.Argument.Name, argument.Tokens),
                _ => ("", []),
            };
            if (tokens.Any(token => token.Value.Length == 0))
            {
                throw new UsageException($"{name} is empty. Give it a value, or leave it out where it may be left out.");
            }
        }

        if (given.Parent is CommandResult group)
        {
            ThrowIfEmpty(group);
        }
    }

    /// <summary>Of a check: everything, and not only what is named where.</summary>
    public static Option<bool> ReadAll() =>
        new("--read") { Description = "Read every pack whole, open every frame and verify every chunk." };

    /// <summary>Of a restore: see <see cref="Terminal.GivenPath"/>.</summary>
    public static Option<string> RestoreTo() =>
        new("--to")
        {
            HelpName = "FILE|DEVICE",
            Description = "Where to write the volume: a new file, or with --overwrite a file or block device that exists.",
        };

    /// <summary>A text about a thing. The one kind of text that may be empty: that takes it away.</summary>
    public static Option<string?> Description() => new(DescriptionName) { HelpName = "TEXT", Description = "What it is for." };

    /// <summary>The state that an operator says a volume or a backup is in. The others belong to jobs.</summary>
    public static Option<string> ResetStatus()
    {
        var status = new Option<string>("--status")
        {
            HelpName = "available|error",
            Description = "The state it is to be in.",
            Required = true,
        };
        status.AcceptOnlyFromAmong("available", "error");
        return status;
    }

    public static Argument<string> Policy() => new("POLICY") { Description = "Name or id of a policy." };

    public static Argument<string[]> Volumes() =>
        new("VOLUME") { Description = "Names or ids of volumes.", Arity = ArgumentArity.OneOrMore };

    public static Argument<string> Volume() => new("VOLUME") { Description = "Name or id of a volume." };

    public static Option<string[]> Tags(string description) => new("--tag") { HelpName = "KEY=VALUE", Description = description };

    /// <summary>A volume's properties, which the API calls its metadata.</summary>
    public static Option<string[]> Properties() =>
        new("--property") { HelpName = "KEY=VALUE", Description = "A property of the volume. May be repeated." };

    /// <summary>Null when none was given.</summary>
    public static IReadOnlyDictionary<string, string>? ReadProperties(string[]? given)
    {
        if (given is not { Length: > 0 })
        {
            return null;
        }

        var properties = new Dictionary<string, string>();
        foreach (var (key, value) in given.Select(Tag))
        {
            properties[key] = value; // the last one holds
        }

        return properties;
    }

    public static IReadOnlyList<TagRequest> ReadTags(IEnumerable<string> given) =>
        [.. given.Select(Tag).Select(tag => new TagRequest(tag.Key, tag.Value))];

    /// <summary>How many of a list that the service gives in parts, the newest first.</summary>
    public static Option<int> Limit() =>
        new("--limit")
        {
            HelpName = "N",
            Description = "At most so many, 1 to 1000.",
            DefaultValueFactory = _ => 100,
        };

    /// <summary>A whole number; what is none is refused in the option's words.</summary>
    public static Option<T?> Number<T>(string name, string value, string description)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> =>
        new(name)
        {
            HelpName = value,
            Description = description,
            CustomParser = result => ReadNumber<T>(name, result),
        };

    private static T? ReadNumber<T>(string name, ArgumentResult result)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var text = result.Tokens is [var only] ? only.Value : "";
        if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError(
            text.Length > 0 && text.All(char.IsAsciiDigit)
                ? $"'{name}' is at most {T.MaxValue}, not '{text}'"
                : $"'{name}' is a whole number, not '{text}'"
        );
        return null;
    }

    /// <summary>A tag as it is given on the command line; the value may be empty.</summary>
    public static (string Key, string Value) Tag(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? (text[..equals], text[(equals + 1)..]) : throw new UsageException($"'{text}' is not KEY=VALUE.");
    }
}
