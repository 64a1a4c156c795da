namespace Holdfast.Engine.Objects;

/// <summary>The name of an object: slash-separated segments of <c>a-z 0-9 . _ -</c>, e.g. <c>data/3f/3f0c…</c>. Never absolute, never
/// <c>..</c>.</summary>
public readonly record struct ObjectKey
{
    private readonly string? _value;

    /// <exception cref="ArgumentException">The value is empty or has a segment that is empty, begins with a dot or holds another
    /// character.</exception>
    public ObjectKey(string value)
    {
        if (!IsValid(value))
        {
            throw new ArgumentException(
                $"'{value}' is not an object key: segments of a-z 0-9 . _ - joined by '/', none beginning with a dot.",
                nameof(value)
            );
        }

        _value = value;
    }

    public string Value => _value ?? throw new InvalidOperationException("The default ObjectKey names nothing.");

    public override string ToString() => _value ?? "";

    public static bool IsValid(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return false;
        }

        var segmentStart = true;
        foreach (var c in value)
        {
            var allowed = c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '-' || (c == '.' && !segmentStart);
            if (!allowed && (c != '/' || segmentStart))
            {
                return false;
            }

            segmentStart = c == '/';
        }

        return !segmentStart;
    }
}

/// <summary>An object as a listing shows it.</summary>
public readonly record struct ObjectEntry(ObjectKey Key, long Size);
