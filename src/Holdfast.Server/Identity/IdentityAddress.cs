using Holdfast.Server.Http;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>Where callers get their tokens: from the service itself, or from an external Keystone.</summary>
internal sealed class IdentityAddress(ServerSettings settings, PublicAddress address)
{
    public string Of(HttpContext context) => settings.Keystone?.Url?.ToString() ?? address.Of(context) + IdentityDoor.Root;
}
