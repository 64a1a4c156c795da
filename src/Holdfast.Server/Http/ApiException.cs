namespace Holdfast.Server.Http;

/// <summary>A refusal on its way to the caller. Thrown by the endpoints, written by <see cref="ErrorMiddleware"/> in the shape of the
/// path's family.</summary>
internal sealed class ApiException(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>The service's code, e.g. <c>AutoBackup.0205</c>. Families whose bodies carry no code leave it out.</summary>
    public string Code => code;
}
