using System.Text;
using Holdfast.Control.Protection;

namespace Holdfast.Control.Notifications;

/// <summary>A message for people, as plain text.</summary>
internal static class MessageText
{
    private const int MostSubject = 150;

    /// <summary>One line, whatever volumes and projects are called.</summary>
    public static string SubjectOf(NotifyMessage message)
    {
        var line = OneLine($"[Holdfast] {message.Project.Name}: {message.What}");
        return line.Length <= MostSubject ? line : $"{line[..(MostSubject - 1)].TrimEnd()}…";
    }

    public static string BodyOf(NotifyMessage message)
    {
        var text = new StringBuilder().Append(message.What).Append("\n\n");
        foreach (var open in message.Digest?.Open ?? [])
        {
            text.Append("* ").Append(OneLine(open.Text)).Append('\n');
        }

        if (message.Digest is { } digest)
        {
            var cut = digest.OpenTotal > digest.Open.Count ? $", of which {digest.Open.Count} are above" : "";
            Add(text, "Wrong", $"{digest.OpenTotal}{cut}");
            Add(
                text,
                "Volumes",
                $"{digest.Volumes.Total}: {digest.Volumes.Protected} protected, {digest.Volumes.Waiting} waiting, "
                    + $"{digest.Volumes.Unprotected} unprotected, {digest.Volumes.Overdue} overdue, {digest.Volumes.Failed} failed, "
                    + $"{digest.Volumes.Damaged} damaged"
            );
            Add(text, "Not told", digest.GivenUp == 0 ? null : $"{digest.GivenUp} messages were given up: holdfast notify deliveries");
        }

        Add(text, "Event", $"{message.Event} ({message.Severity})");
        Add(text, "Made", VolumeReason.TimeOf(message.At));
        Add(text, "Since", message.Since is { } since ? VolumeReason.TimeOf(since) : null);
        Add(text, "Last good", LastGoodOf(message));
        Add(text, "Why", message.Why);
        Add(text, "Do", message.Do);
        Add(text, "Project", message.Project.Name);
        Add(text, "Link", message.Link);
        return text.ToString();
    }

    private static string? LastGoodOf(NotifyMessage message) =>
        message.LastGood is { } good ? $"{VolumeReason.TimeOf(good.BeganAt)}, backup {good.Id}"
        : message.Volume is not null ? "none"
        : null;

    private static void Add(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append($"{name}:".PadRight(11)).Append(OneLine(value)).Append('\n');
        }
    }

    /// <summary>Without what could begin another line, or a header.</summary>
    private static string OneLine(string text) =>
        string.Create(
            text.Length,
            text,
            static (line, text) =>
            {
                for (var i = 0; i < line.Length; i++)
                {
                    line[i] = char.IsControl(text[i]) || text[i] is '\u2028' or '\u2029' ? ' ' : text[i];
                }
            }
        );
}
