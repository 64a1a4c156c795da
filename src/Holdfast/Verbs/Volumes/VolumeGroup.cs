using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("volume", "The volumes that a service protects.")
        {
            VolumeAdd.Make(server),
            VolumeCreate.Make(server),
            VolumeList.Make(server),
            VolumeShow.Make(server),
            VolumeSet.Make(server),
            VolumeExtend.Make(server),
            VolumeResetStatus.Make(server),
            VolumeRemove.Make(server),
            VolumeDelete.Make(server),
        };
        server.AddTo(group);
        return group;
    }
}
