using Holdfast.Control.Notifications;

namespace Holdfast.Server.Health;

/// <summary>What <c>/healthz</c> tells, for those who are told of it.</summary>
internal static class NotifiedParts
{
    public static ServiceParts Of(ServiceHealth health) =>
        new(Environment.MachineName, async () => [.. (await health.LookAsync()).Select(Of)]);

    private static ServicePart Of(PartHealth part)
    {
        var reason = StatusText.ReasonOf(part);
        return new ServicePart(part.Name, part.IsWell ? null : reason.Text, reason.Do);
    }
}
