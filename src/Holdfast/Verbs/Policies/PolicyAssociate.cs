using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary><c>policy associate</c> and <c>policy disassociate</c>: the same words, the other direction.</summary>
internal static class PolicyAssociate
{
    public static Command MakeAssociate(ServerOptions server) =>
        Make(
            server,
            "associate",
            "Protect volumes by a policy. A volume has one policy at most; it leaves any other.",
            "is protected by",
            (api, policy, volumes, cancel) => api.AssociateAsync(policy, volumes, cancel)
        );

    public static Command MakeDisassociate(ServerOptions server) =>
        Make(
            server,
            "disassociate",
            "Take volumes out of a policy. Their backups stay.",
            "is no longer protected by",
            (api, policy, volumes, cancel) => api.DisassociateAsync(policy, volumes, cancel)
        );

    private static Command Make(
        ServerOptions server,
        string verb,
        string description,
        string done,
        Func<HoldfastApi, string, IEnumerable<string>, CancellationToken, Task<IReadOnlyList<LinkResult>>> change
    )
    {
        var (which, volumes) = (CommonOptions.Policy(), CommonOptions.Volumes());
        var command = new Command(verb, description) { which, volumes };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                var known = await api.ListVolumesAsync(cancel);
                var chosen = parse
                    .GetRequiredValue(volumes)
                    .Select(text => HoldfastApi.Pick("volume", text, known, v => v.Id, v => v.Name))
                    .DistinctBy(v => v.Id)
                    .ToList();
                var results = await change(api, policy.Id, chosen.Select(volume => volume.Id), cancel);
                Report(results, chosen.ToDictionary(volume => volume.Id, volume => volume.Name), $"{done} policy '{policy.Name}'");
            }
        );
        return command;
    }

    private static void Report(IReadOnlyList<LinkResult> results, Dictionary<string, string> names, string done)
    {
        foreach (var result in results.Where(result => result.Problem is null))
        {
            Console.WriteLine($"Volume '{names.GetValueOrDefault(result.VolumeId, result.VolumeId)}' {done}.");
        }

        var problems = results
            .Where(result => result.Problem is not null)
            .Select(result => $"volume '{names.GetValueOrDefault(result.VolumeId, result.VolumeId)}': {result.Problem}")
            .ToList();
        if (problems.Count > 0)
        {
            throw new VerbFailedException(string.Join("; ", problems));
        }
    }
}
