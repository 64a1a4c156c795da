using Holdfast.Engine.Basics;

namespace Holdfast.Engine;

/// <summary>Whether a repository is where it was when it was opened, and answers.</summary>
/// <param name="Reason">A sentence that says what is wrong; null when all is well.</param>
/// <param name="FreeBytes">Bytes that can still be stored; null where that cannot be told.</param>
/// <param name="Kind">What kind of trouble it is; null when all is well.</param>
public sealed record RepositoryHealth(bool IsWell, string? Reason, long? FreeBytes, FailureKind? Kind = null);
