using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>To whom a volume or a backup is shown, where, and how much of it.</summary>
/// <param name="Version"><c>v2</c> or <c>v3</c>.</param>
/// <param name="Project">The one in the path: whoever asked finds the volume under it again, also an admin who asked for another's.</param>
/// <param name="IsAdmin">Where a device is on the service's machine is for admins, who name devices by it; others get null.</param>
/// <param name="HasOwn">Whether members of ours are asked for.</param>
internal readonly record struct NativeView(
    string Address,
    string Version,
    string Project,
    MicroVersion MicroVersion,
    bool IsAdmin,
    bool HasOwn
)
{
    public static NativeView Of(HttpContext context, PublicAddress address, string version) =>
        new(
            address.Of(context),
            version,
            context.Caller().Home.Value,
            MicroVersion.Of(context),
            context.Caller().IsAdmin,
            OwnMembers.AreAsked(context)
        );
}
