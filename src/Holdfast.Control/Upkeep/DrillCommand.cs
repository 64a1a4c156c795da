using System.ComponentModel;
using System.Diagnostics;
using Holdfast.Control.Drills;
using Holdfast.Control.Loops;

namespace Holdfast.Control.Upkeep;

/// <summary>A program of the operator's that looks at a restored file. It is started without a shell and knows nothing of the service's
/// environment, which may hold passwords.</summary>
/// <param name="text">As <see cref="UpkeepOptions.DrillCommand"/>.</param>
internal sealed class DrillCommand(string text, TimeSpan limit, TimeProvider clock)
{
    /// <summary>How long what it wrote is waited for once it has ended: a child that it left behind may hold its output.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Runs it on a file.</summary>
    /// <returns>What it said, and why the file does not pass, null where it does; and whether it said so itself.</returns>
    public async Task<(DrillCommandResult Result, string? Trouble, bool IsAnswer)> RunAsync(string file, CancellationToken cancel)
    {
        using var process = new Process { StartInfo = StartOf(file) };
        using var deadline = new Deadline(limit, clock);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return (
                new DrillCommandResult(text, null, ""),
                $"The command '{text}' cannot be started: {e.Message} Set Upkeep:DrillCommand to a program that is there.",
                false
            );
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        using var reading = new CancellationTokenSource();
        var tail = new OutputTail();
        var read = Task.WhenAll(
            tail.ReadAsync(process.StandardOutput.BaseStream, reading.Token),
            tail.ReadAsync(process.StandardError.BaseStream, reading.Token)
        );
        try
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(stop.Token);
            await EndReadingAsync(read, reading);
            var said = new DrillCommandResult(text, process.ExitCode, tail.ToString());
            return (said, process.ExitCode == 0 ? null : $"The command '{text}' ended with code {process.ExitCode}.", true);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            await EndReadingAsync(read, reading);
            return (
                new DrillCommandResult(text, null, tail.ToString()),
                $"The command '{text}' did not end within {limit.TotalMinutes:0} minutes (Upkeep:DrillCommandMinutes) and was stopped.",
                false
            );
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            await EndReadingAsync(read, reading);
            throw;
        }
    }

    private async Task EndReadingAsync(Task read, CancellationTokenSource reading)
    {
        using var patience = new Deadline(Patience, clock);
        await using var ends = patience.Token.Register(reading.Cancel);
        try
        {
            await read;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // What was read until now is what it said.
        }
    }

    private ProcessStartInfo StartOf(string file)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var start = new ProcessStartInfo(words[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(file) ?? "/",
        };
        foreach (var word in words.Skip(1))
        {
            start.ArgumentList.Add(word.Replace("{}", file, StringComparison.Ordinal));
        }

        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        return start;
    }
}
