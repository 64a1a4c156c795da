using Holdfast.Engine.Basics;

namespace Holdfast.Running;

/// <summary>The one place that turns trouble into a line on standard error and an exit code.</summary>
internal static class Failures
{
    public static int Report(Exception error, CancellationToken interrupted)
    {
        var (code, message) = Explain(error, interrupted);
        Console.Error.WriteLine($"holdfast: {OneLine(message)}");
        if (Environment.GetEnvironmentVariable("HOLDFAST_DEBUG") == "1")
        {
            Console.Error.WriteLine(error);
        }

        return code;
    }

    internal static (int Code, string Message) Explain(Exception error, CancellationToken interrupted) =>
        error switch
        {
            UsageException => (ExitCode.WrongUsage, error.Message),
            WaitInterruptedException => (ExitCode.Interrupted, error.Message),
            OperationCanceledException when interrupted.IsCancellationRequested => (ExitCode.Interrupted, "interrupted."),
            VerbFailedException or HoldfastException => (ExitCode.Failed, error.Message),
            HttpRequestException or OperationCanceledException => (ExitCode.Failed, $"the service did not answer: {error.Message}"),
            UnauthorizedAccessException or IOException => (ExitCode.Failed, error.Message),
            AggregateException { InnerExceptions: [var only] } => Explain(only, interrupted),
            _ => (ExitCode.Failed, $"unexpected {error.GetType().Name}: {error.Message} (HOLDFAST_DEBUG=1 shows where)"),
        };

    /// <summary>A message may have line breaks, of the world outside or because it is a list; scripts read one line.</summary>
    internal static string OneLine(string message)
    {
        if (!message.AsSpan().ContainsAny('\r', '\n'))
        {
            return message;
        }

        var lines = message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Aggregate(
            (text, line) => $"{text}{(text.EndsWith(':') || text.EndsWith('.') || text.EndsWith(';') ? " " : "; ")}{line}"
        );
    }
}
