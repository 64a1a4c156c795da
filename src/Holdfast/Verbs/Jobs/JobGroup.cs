using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Jobs;

internal static class JobGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("job", "Single units of work of a service.") 
        {
            JobList.Make(server),
            JobShow.Make(server),
            JobLogVerb.Make(server),
        };
        server.AddTo(group);
        return group;
    }
}
