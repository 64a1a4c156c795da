using System.Text.Json;
using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>The service answered with a status other than 2xx. The message is the service's own.</summary>
internal sealed class ApiRefusedException(int status, string? code, string message) : VerbFailedException(message)
{
    /// <summary>HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The service's code, e.g. <c>AutoBackup.1100</c>, where the answer has one.</summary>
    public string? Code { get; } = code;

    /// <summary>The body's member that told the reason: <c>error</c> of an identity service, <c>unauthorized</c> and the like
    /// elsewhere.</summary>
    public string? Member { get; private init; }

    /// <summary>
    /// Reads any of the error bodies of the OpenStack family: one member that holds an object with <c>message</c> and perhaps <c>code</c>
    /// (a text in the policy family, the status as a number elsewhere).
    /// </summary>
    /// <param name="sent">The request's body, whose members the refusal may speak of.</param>
    public static ApiRefusedException Read(string request, int status, ReadOnlySpan<byte> body, string? sent) =>
        TryRead(status, body, sent)
        ?? new ApiRefusedException(status, code: null, $"{request} was answered with HTTP {status} and no reason.");

    /// <summary>Null where the body gives no reason, as of a server that is not ours.</summary>
    /// <inheritdoc cref="Read"/>
    public static ApiRefusedException? TryRead(int status, ReadOnlySpan<byte> body, string? sent = null)
    {
        if (!TryReadFault(body, out var member, out var code, out var message))
        {
            return null;
        }

        message = OptionNames.Tell(code, message, sent);
        return new ApiRefusedException(
            status,
            code,
            code is null ? $"{message} (HTTP {status})" : $"{message} ({code}, HTTP {status})"
        )
        {
            Member = member,
        };
    }

    private static bool TryReadFault(ReadOnlySpan<byte> body, out string? name, out string? code, out string message)
    {
        (name, code, message) = (null, null, "");
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Object && member.Value.Text("message") is { } text)
                {
                    (name, code, message) = (member.Name, member.Value.Text("code"), text);
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // A proxy's page, say. The status alone has to do.
        }

        return false;
    }
}
