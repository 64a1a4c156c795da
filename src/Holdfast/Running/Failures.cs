using Holdfast.Client;
using Holdfast.Engine;

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

    internal static (int Code, string Message) Explain(Exception error, CancellationToken interrupted) => error switch
    {
        UsageException => (ExitCode.WrongUsage, error.Message),
        OperationCanceledException when interrupted.IsCancellationRequested => (ExitCode.Failed, "interrupted."),
        VerbFailedException or HoldfastException or ApiRefusedException => (ExitCode.Failed, error.Message),
        HttpRequestException or OperationCanceledException => (ExitCode.Failed, $"the service did not answer: {error.Message}"),
        UnauthorizedAccessException or IOException => (ExitCode.Failed, error.Message),
        AggregateException { InnerExceptions: [var only] } => Explain(only, interrupted),
        _ => (ExitCode.Failed, $"unexpected {error.GetType().Name}: {error.Message} (HOLDFAST_DEBUG=1 shows where)"),
    };

    // A message of the world outside may have line breaks; scripts read one line.
    private static string OneLine(string message) =>
        message.AsSpan().ContainsAny('\r', '\n')
            ? string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            : message;
}
