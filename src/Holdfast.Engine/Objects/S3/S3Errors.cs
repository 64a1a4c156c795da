using System.Net;
using Amazon.Runtime;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>What a server's refusals are to us. The codes are those of Amazon's S3, which others follow more or less; where they do not,
/// the status decides.</summary>
internal static class S3Errors
{
    public static HttpStatusCode? StatusOf(Exception error) => (error as AmazonServiceException)?.StatusCode;

    /// <summary>Whether a question was answered, by what a library throws: the object is not there, or is there already.</summary>
    public static bool IsAnswer(Exception error) => StatusOf(error) is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed;

    public static HoldfastException Of(string store, string what, Exception error)
    {
        if (error is not AmazonServiceException answer || answer.StatusCode == 0)
            return Unanswered(store, what, error);

        var (status, code) = ((int)answer.StatusCode, answer.ErrorCode ?? "");
        var said = $"the server answered {status}{(code.Length > 0 && code != answer.StatusCode.ToString() ? $" {code}" : "")}";
        return (status, code) switch
        {
            (_, "NoSuchBucket") => new(
                FailureKind.RepositoryAway,
                $"In '{store}' {what}: there is no such bucket. Make it, or name the right one and the right server.",
                error
            ),
            (_, "QuotaExceeded" or "InsufficientStorage" or "StorageFull" or "XMinioStorageFull") or (507, _) => new(
                FailureKind.NoSpace,
                $"No space left in '{store}': {what}, {said}. Raise the quota, or remove backups.",
                error
            ),
            (404, "NoSuchUpload") => Unavailable(store, what, said, error),
            (404, _) => new(FailureKind.NotFound, $"In '{store}' {what}: it is not there.", error),
            (416, _) => new(FailureKind.Corrupted, $"In '{store}' {what}: it ends before the range does.", error),
            (400, "RequestTimeout" or "IncompleteBody" or "BadDigest" or "XAmzContentSHA256Mismatch" or "InvalidPart") => Unavailable(
                store,
                what,
                said,
                error
            ),
            (403, "RequestTimeTooSkewed") => new(
                FailureKind.Refused,
                $"In '{store}' {what}: {said}. The clocks of this machine and of the server differ too much; set them right.",
                error
            ),
            (401 or 403, _) => new(
                FailureKind.Refused,
                $"In '{store}' {what}: {said}. Do the credentials let one read, write, list and delete there, and is the region right?",
                error
            ),
            (301 or 302 or 307 or 308, _) => new(
                FailureKind.Refused,
                $"In '{store}' {what}: {said}. The bucket is elsewhere: name its region or endpoint in the address.",
                error
            ),
            ( >= 500, _) or (408 or 409 or 425 or 429, _) => status == 501
                ? Refused(store, what, said, error)
                : Unavailable(store, what, said, error),

            // Not what an object store answers to a request that it has understood: some other server, or something in between.
            ( >= 200 and < 300, _) => Unavailable(store, what, $"{said} in a way that is not understood", error),
            _ => Refused(store, what, said, error),
        };
    }

    private static HoldfastException Unanswered(string store, string what, Exception error)
    {
        if (error is AmazonClientException { InnerException: null })
        {
            // Thrown before anything is sent: credentials that were to come from elsewhere did not come.
            return new HoldfastException(FailureKind.Refused, $"In '{store}' {what}: {error.Message.TrimEnd('.')}.", error);
        }

        var deepest = error;
        while (deepest.InnerException is { } inner)
            deepest = inner;

        return new HoldfastException(
            FailureKind.Unavailable,
            $"In '{store}' {what}: the server did not answer ({deepest.Message.TrimEnd('.')}). Is it there, and is its address right?",
            error
        );
    }

    private static HoldfastException Unavailable(string store, string what, string said, Exception error) =>
        new(FailureKind.Unavailable, $"In '{store}' {what}: {said}. A later attempt may succeed.", error);

    private static HoldfastException Refused(string store, string what, string said, Exception error) =>
        new(FailureKind.Refused, $"In '{store}' {what}: {said}. See docs/stores.md for what a server must know.", error);
}
