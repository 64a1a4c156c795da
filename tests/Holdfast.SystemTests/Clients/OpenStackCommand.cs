using System.Text.Json;

namespace Holdfast.SystemTests.Clients;

/// <summary>The <c>openstack</c> command line, as it is packaged: several commands to one process, on its standard input, where a quoted
/// blank does not work.</summary>
internal sealed class OpenStackCommand(ClientService service, IReadOnlyDictionary<string, string> openRc)
{
    private const string Program = "/usr/bin/openstack";

    public static void SkipWithoutClient() =>
        Assert.SkipUnless(File.Exists(Program), $"There is no {Program}: install python3-openstackclient.");

    /// <summary>The answers to commands each of which prints one JSON document.</summary>
    public async Task<IReadOnlyList<JsonElement>> AskAsync(params string[] commands)
    {
        var ended = await RunAsync([.. commands.Select(command => $"{command} -f json")]);
        var answers = ClientProgram.Documents(ended.Output);
        Assert.True(
            answers.Count == commands.Length && ended.Error.Length == 0,
            $"{answers.Count} answers to {commands.Length} commands: {ended.Error}"
        );
        return answers;
    }

    /// <summary>Runs commands of which nothing is said when they succeed.</summary>
    public async Task DoAsync(params string[] commands) => Assert.Equal("", (await RunAsync(commands)).Error);

    /// <summary>Runs commands that may fail, each on its own.</summary>
    public async Task<HoldfastProcess.Ended> RunAsync(params string[] commands) =>
        await ClientProgram.RunAsync(
            (await service.OpenStackAsync()).Path,
            service.Home,
            openRc,
            string.Join('\n', commands) + "\n"
        );

    /// <summary>Runs one command as a process of its own, whose exit code is the command's.</summary>
    public async Task<HoldfastProcess.Ended> RunOneAsync(params string[] arguments) =>
        await ClientProgram.RunAsync((await service.OpenStackAsync()).Path, service.Home, openRc, null, arguments);

    public Task UntilAsync(string command, Func<JsonElement, bool> isSo) =>
        ClientService.UntilAsync(async () => isSo((await AskAsync(command))[0]), command);

    public static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";
}
