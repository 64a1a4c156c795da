namespace Holdfast.Running;

/// <summary>The command line asks for what cannot be meant: exit code 2.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A verb that waited was interrupted; what it waited for goes on. Exit code 130.</summary>
internal sealed class WaitInterruptedException(string message) : Exception(message);

/// <summary>A verb that cannot do its work and knows why: exit code 1. The message names the thing, the value and the way out.</summary>
internal class VerbFailedException(string message, Exception? inner = null) : Exception(message, inner);
