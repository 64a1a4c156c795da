using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Holdfast.SystemTests.Clients;

/// <summary>A program of others, run to its end with an environment that holds nothing of the machine's own clouds.</summary>
internal static class ClientProgram
{
    /// <summary>Debian's, which has the packages of the clients.</summary>
    public const string Python = "/usr/bin/python3";

    /// <summary>A suite of a client takes minutes where other tests run beside it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <param name="home">Where it runs, and its HOME: clients keep caches there.</param>
    /// <param name="input">What it reads on standard input; null for nothing.</param>
    /// <exception cref="TimeoutException">It was still running after ten minutes; it is ended then.</exception>
    public static async Task<HoldfastProcess.Ended> RunAsync(
        string program,
        string home,
        IReadOnlyDictionary<string, string> environment,
        string? input,
        params string[] arguments
    )
    {
        var start = ProgramStart.Of(program, home, environment, arguments);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(late.Token), process.StandardError.ReadToEndAsync(late.Token));
            await process.StandardInput.WriteAsync(input.AsMemory(), late.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(late.Token);
            return new HoldfastProcess.Ended(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} was still running after {Patience.TotalSeconds} s.", e);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>The JSON documents that stand one behind the other in an output.</summary>
    public static IReadOnlyList<JsonElement> Documents(string output)
    {
        var reader = new Utf8JsonReader(
            new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(output)),
            new JsonReaderOptions { AllowMultipleValues = true }
        );
        var found = new List<JsonElement>();
        while (reader.Read())
        {
            found.Add(JsonElement.ParseValue(ref reader));
        }

        return found;
    }
}
