using System.Globalization;
using System.Text;

namespace Holdfast.Server.OpenStack;

/// <summary>
/// Reads texts by texts as clients write them into a query: as JSON, or as Python prints a dictionary (<c>{'team': "it's"}</c>), which is
/// what the
/// <c>cinder</c> and <c>openstack</c> command lines send. One reader takes both: what the two differ in here is the quotes.
/// </summary>
internal sealed class TextDictionary
{
    private readonly string _text;
    private int _at;

    private TextDictionary(string text) => _text = text;

    /// <summary>Null when it is none, or holds something other than texts.</summary>
    public static IReadOnlyDictionary<string, string>? Parse(string text) => new TextDictionary(text).Read();

    private Dictionary<string, string>? Read()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Take('{'))
        {
            return null;
        }

        while (!Take('}'))
        {
            if ((found.Count > 0 && !Take(',')) || ReadText() is not { } key || !Take(':') || ReadText() is not { } value)
            {
                return null;
            }

            found[key] = value;
        }

        SkipBlanks();
        return _at == _text.Length ? found : null;
    }

    private bool Take(char wanted)
    {
        SkipBlanks();
        if (_at == _text.Length || _text[_at] != wanted)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private string? ReadText()
    {
        var quote =
            Take('\'') ? '\''
            : Take('"') ? '"'
            : '\0';
        var text = new StringBuilder();
        while (quote != '\0' && _at < _text.Length)
        {
            var next = _text[_at++];
            if (next == quote)
            {
                return text.ToString();
            }

            if (next != '\\')
            {
                text.Append(next);
            }
            else if (!ReadEscaped(text))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>What stands behind a backslash.</summary>
    private bool ReadEscaped(StringBuilder text)
    {
        if (_at == _text.Length)
        {
            return false;
        }

        switch (_text[_at++])
        {
            case 'n':
                text.Append('\n');
                return true;
            case 't':
                text.Append('\t');
                return true;
            case 'r':
                text.Append('\r');
                return true;
            case 'x':
                return ReadNumber(text, 2);
            case 'u':
                return ReadNumber(text, 4);
            case 'U':
                return ReadNumber(text, 8);
            case '\\' or '\'' or '"' or '/':
                text.Append(_text[_at - 1]);
                return true;
            default:
                return false;
        }
    }

    private bool ReadNumber(StringBuilder text, int digits)
    {
        if (
            _at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            || number is < 0 or > 0x10FFFF
        )
        {
            return false;
        }

        _at += digits;

        // Half of a surrogate pair stands alone in JSON; the other half is the next escape.
        text.Append(number <= char.MaxValue ? ((char)number).ToString() : char.ConvertFromUtf32(number));
        return true;
    }
}
