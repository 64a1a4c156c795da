using System.Text.Json;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>A Keystone that does not answer, or not as it should. Nothing that was sent to it is in what is said of it.</summary>
internal static class KeystoneTrouble
{
    public static bool Is(Exception error) =>
        error
            is HttpRequestException
                or IOException
                or JsonException
                or InvalidOperationException
                or KeyNotFoundException
                or FormatException
                or HoldfastException
                or OperationCanceledException;

    public static HoldfastException Of(Exception error, KeystoneSettings settings) =>
        error as HoldfastException
        ?? new HoldfastException(
            FailureKind.Unavailable,
            error is OperationCanceledException
                ? $"Keystone at {settings.Url} did not answer within {settings.TimeoutSeconds} seconds (Identity:Keystone:TimeoutSeconds)."
                : $"Keystone at {settings.Url} does not answer as it should: {error.Message}",
            error
        );
}
