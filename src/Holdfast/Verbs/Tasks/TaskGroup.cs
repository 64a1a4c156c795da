using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Tasks;

internal static class TaskGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("task", "What a policy's firings did, volume by volume.") { TaskList.Make(server) };
        server.AddTo(group);
        return group;
    }
}
