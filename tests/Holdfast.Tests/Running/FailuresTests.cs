using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Tests.Client;
using Holdfast.Verbs.Options;

namespace Holdfast.Tests.Running;

public sealed class FailuresTests
{
    [Fact]
    public async Task Waiting_for_a_job_that_is_interrupted_names_the_job_and_ends_with_130()
    {
        using var interrupted = new CancellationTokenSource();
        var peer = new ScriptedPeer().Authenticates("t").Answers(System.Net.HttpStatusCode.OK, """{"job_id":"j1","status":"RUNNING"}""");
        using var api = new HoldfastApi(
            new ApiConnection(
                new ApiSettings
                {
                    AuthUrl = new Uri("http://vbs.example:8776/identity/v3"),
                    User = "u",
                    Password = "p",
                    ProjectName = "x",
                    Region = "RegionOne",
                },
                peer
            )
        );
        _ = await api.Connection.SessionAsync(interrupted.Token);
        await interrupted.CancelAsync();

        var stopped = await Assert.ThrowsAsync<WaitInterruptedException>(() => Waiting.ForJobAsync(api, "j1", "Backup", interrupted.Token));

        Assert.Equal((130, "interrupted; the job goes on: holdfast job show j1"), Failures.Explain(stopped, interrupted.Token));
        Assert.Equal(130, Failures.Explain(new OperationCanceledException(), interrupted.Token).Code);
    }

    [Theory]
    [InlineData("The configuration has 2 mistakes:\n  A is 1.\n  B is 2.", "The configuration has 2 mistakes: A is 1. B is 2.")]
    [InlineData("one\r\ntwo\n", "one; two")]
    [InlineData("one", "one")]
    public void A_message_of_several_lines_becomes_one_that_keeps_them_apart(string message, string line) =>
        Assert.Equal(line, Failures.OneLine(message));
}
