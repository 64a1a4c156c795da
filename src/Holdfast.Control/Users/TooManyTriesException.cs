namespace Holdfast.Control.Users;

/// <summary>So many passwords are being checked that one more is not taken. It may be tried again in a few seconds.</summary>
public sealed class TooManyTriesException() : Exception("Too many passwords are being checked.");
