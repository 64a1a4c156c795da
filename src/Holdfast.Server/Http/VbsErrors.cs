using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>
/// The one table of what can be refused and how. Codes are the service's own; their HTTP statuses, where the service's table has none, are
/// our assignment: 404 exactly when the object that the URL addresses does not exist, because clients take it for "gone".
/// </summary>
internal static class VbsErrors
{
    private const int BadRequest = StatusCodes.Status400BadRequest;
    private const int NotFound = StatusCodes.Status404NotFound;

    public static ApiException EmptyRequest() => new(BadRequest, "AutoBackup.0000", "the request has no body");

    public static ApiException EmptyObject(string member) => new(BadRequest, "AutoBackup.0001", $"'{member}' is missing or empty");

    public static ApiException NoToken(ApiFamily family) =>
        new(
            StatusCodes.Status401Unauthorized,
            family == ApiFamily.Policy ? "AutoBackup.0002" : "",
            "the header X-Auth-Token is missing or empty, and the request is not signed"
        );

    public static ApiException BadToken() =>
        new(StatusCodes.Status401Unauthorized, "", "the token is unknown or has expired; get a new one");

    public static ApiException BadSignature(string why) => new(StatusCodes.Status401Unauthorized, "", why);

    /// <summary>It cannot be told who calls, because whoever knows cannot be asked.</summary>
    public static ApiException IdentityUnavailable(ApiFamily family) =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            family switch
            {
                ApiFamily.Policy => "AutoBackup.9002",
                ApiFamily.Backup => "VolumeBackup.0041",
                _ => "",
            },
            "the identity service cannot be reached, so it cannot be told whether the token is good; try again later"
        );

    public static ApiException NoPolicyId() => new(BadRequest, "AutoBackup.0006", "'backup_policy_id' is missing or empty");

    public static ApiException NoPolicyIdInPath() => new(BadRequest, "AutoBackup.0006", "the policy's id in the path is empty");

    /// <summary>A body or parameter that is not what it must be; its code is the family's own.</summary>
    public static ApiException Malformed(string what) => new(BadRequest, "", what);

    /// <summary>What a body says that it is, and nothing here reads.</summary>
    public static ApiException MediaType(string what) => new(StatusCodes.Status415UnsupportedMediaType, "", what);

    public static ApiException DotSegment() =>
        Malformed("a segment of the path is '.' or '..'; a tag of such a name is removed by POST …/tags/action");

    public static ApiException DefaultPolicy(string what) =>
        new(StatusCodes.Status403Forbidden, "AutoBackup.0100", $"the default policy cannot be {what}");

    public static ApiException NameLength() => new(BadRequest, "AutoBackup.0101", "'backup_policy_name' has 1 to 64 characters");

    public static ApiException Name(string why) => new(BadRequest, "AutoBackup.0102", $"'backup_policy_name' {why}");

    public static ApiException StartTime(string why) => new(BadRequest, "AutoBackup.0103", $"'start_time' {why}");

    public static ApiException Status(string value) => new(BadRequest, "AutoBackup.0104", $"'status' is ON or OFF, not '{value}'");

    public static ApiException KeepFirst(string value) =>
        new(BadRequest, "AutoBackup.0105", $"'remain_first_backup_of_curMonth' is Y or N, not '{value}'");

    public static ApiException Interval(string why) => new(BadRequest, "AutoBackup.0106", why);

    public static ApiException Retention(string why) => new(BadRequest, "AutoBackup.0107", why);

    public static ApiException TooManyPolicies(int limit) =>
        new(BadRequest, "AutoBackup.0203", $"the project has {limit} policies, as many as it may; delete one first");

    public static ApiException TooManyVolumes(int limit) =>
        new(BadRequest, "AutoBackup.0204", $"a policy has at most {limit} volumes; nothing was associated");

    public static ApiException NoSuchPolicy(string id) => new(NotFound, "AutoBackup.0205", $"there is no policy '{id}'");

    /// <summary>Why one volume of a request could not be associated, or taken off: each has its own answer.</summary>
    public static (string Code, string Message) OfResource(VolumeAssociation volume) =>
        volume.Result switch
        {
            AssociationResult.WrongState => ("AutoBackup.0206", $"volume '{volume.Id}' is in a state that does not allow it"),
            AssociationResult.NotAssociated => ("AutoBackup.1400", $"volume '{volume.Id}' is not associated with this policy"),
            _ => ("AutoBackup.1400", $"there is no volume '{volume.Id}'"),
        };

    public static ApiException NoResources() => new(BadRequest, "AutoBackup.0207", "'resources' is missing or empty");

    public static ApiException NoResourceId() => new(BadRequest, "AutoBackup.0209", "an element of 'resources' has no 'resource_id'");

    public static ApiException ResourceType(string value) =>
        new(BadRequest, "AutoBackup.0211", $"'resource_type' is volume, not '{value}'");

    public static ApiException Forbidden(string why) => new(StatusCodes.Status403Forbidden, "", why);

    public static ApiException Tag(string why) => new(BadRequest, "AutoBackup.0214", why);

    public static ApiException TooManyTags(int limit) => new(BadRequest, "AutoBackup.0215", $"a policy has at most {limit} tags");

    public static ApiException NoSuchTag(string key) => new(NotFound, "AutoBackup.0216", $"the policy has no tag '{key}'");

    public static ApiException Action(string value, string actions) =>
        new(BadRequest, "AutoBackup.0222", $"'action' is {actions}, not '{value}'");

    public static ApiException AngleBrackets(string member) => new(BadRequest, "AutoBackup.0221", $"'{member}' contains '<' or '>'");

    public static ApiException Executing(string id) =>
        new(StatusCodes.Status409Conflict, "AutoBackup.0225", $"policy '{id}' is being executed; its tasks show how far it is");

    public static ApiException TimeZone(string value) =>
        new(BadRequest, "AutoBackup.0226", $"'time_zone' is like UTC+08:00, from UTC-12:00 to UTC+14:00, not '{value}'");

    public static ApiException NoSuchPolicyOfTasks(string id) => new(NotFound, "AutoBackup.1100", $"there is no policy '{id}'");

    public static ApiException NoSuchJob(string id) => new(NotFound, "common.0011", $"there is no job '{id}'");

    public static ApiException NoBackup() => new(BadRequest, "VolumeBackup.0002", "'backup' is missing");

    public static ApiException BackupNameTooLong() => new(BadRequest, "VolumeBackup.0003", "'name' has at most 64 characters");

    public static ApiException BackupName() => new(BadRequest, "VolumeBackup.0004", "'name' is made of letters, digits, '_' and '-'");

    public static ApiException BackupNameReserved() =>
        new(BadRequest, "VolumeBackup.0005", "'name' must not begin with 'auto': that is how automatic backups are called");

    public static ApiException BackupDescription() =>
        new(BadRequest, "VolumeBackup.0006", "'description' has at most 64 characters and neither '<' nor '>'");

    public static ApiException NoBackupName() => new(BadRequest, "VolumeBackup.0007", "'name' is missing or empty");

    public static ApiException NoVolumeId() => new(BadRequest, "VolumeBackup.0010", "'volume_id' is missing or empty");

    public static ApiException VolumeIdMalformed(string value) =>
        new(BadRequest, "VolumeBackup.0011", $"'volume_id' is a UUID, not '{value}'");

    public static ApiException VolumeState(string why) => new(BadRequest, "VolumeBackup.0012", why);

    public static ApiException EarlierBackup(string why) => new(StatusCodes.Status409Conflict, "VolumeBackup.0013", why);

    public static ApiException NoSuchSnapshot(string id) =>
        new(
            BadRequest,
            "VolumeBackup.0020",
            $"there is no snapshot '{id}': the service takes its own view of the volume; leave 'snapshot_id' out"
        );

    public static ApiException NoSuchVolumeToBackUp(string id) => new(NotFound, "VolumeBackup.0021", $"there is no volume '{id}'");

    public static ApiException BackupTag(string why) => new(BadRequest, "VolumeBackup.0049", why);

    public static ApiException TooManyBackupTags(int limit) => new(BadRequest, "VolumeBackup.0050", $"a backup has at most {limit} tags");

    public static ApiException QuotaExceeded(QuotaBreach breach) =>
        new(
            BadRequest,
            breach.Kind switch
            {
                QuotaKind.Backups => "VolumeBackup.0080",
                QuotaKind.BackupGigabytes => "VolumeBackup.0081",
                _ => "VolumeBackup.0040",
            },
            breach.Message
        );

    /// <summary>The same on the native paths: a status of its own. Backups have the code before the text; volumes have none.</summary>
    public static ApiException QuotaExceededNative(QuotaBreach breach) =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            "",
            breach.Kind is QuotaKind.Volumes or QuotaKind.Gigabytes or QuotaKind.PerVolumeGigabytes
                ? breach.Message
                : $"{QuotaExceeded(breach).Code}: {breach.Message}"
        );

    public static ApiException BackupNotAvailable(string id, string status) =>
        new(BadRequest, "VolumeBackup.0089", $"backup '{id}' is {status}; only an available one can be restored");

    public static ApiException NoSuchBackup(string id) => new(NotFound, "VolumeBackup.0111", $"there is no backup '{id}'");

    public static ApiException CannotDelete(string id, string status) =>
        new(
            BadRequest,
            "VolumeBackup.0125",
            $"backup '{id}' is {status}; only one that is available, error or error_deleting can be deleted"
        );

    public static ApiException NoBackupIdInPath() => new(BadRequest, "VolumeBackup.0203", "the backup's id in the path is empty");

    public static ApiException BackupIdMalformed(string value) =>
        new(BadRequest, "VolumeBackup.0204", $"the backup's id is a UUID, not '{value}'");

    public static ApiException VolumeNotAvailable(string why) => new(BadRequest, "VolumeBackup.0205", why);

    public static ApiException BackupRunning(string why) => new(StatusCodes.Status409Conflict, "VolumeBackup.0206", why);

    public static ApiException NoSuchVolumeToRestore(string id) => new(NotFound, "VolumeBackup.0207", $"there is no volume '{id}'");

    public static ApiException VolumeIdOfRestore(string? value) =>
        new(BadRequest, "VolumeBackup.0208", value is null ? "'volume_id' is missing" : $"'volume_id' is a UUID, not '{value}'");

    public static ApiException VolumeTooSmall(string why) => new(BadRequest, "VolumeBackup.0209", why);

    public static ApiException MalformedRestore(string why) => new(BadRequest, "VolumeBackup.0210", why);

    /// <summary>For the families that carry no code of ours.</summary>
    public static ApiException Native(int status, string message) => new(status, "", message);

    /// <summary>The code of an answer that no rule of ours made: the framework's, or a failure inside.</summary>
    public static string CodeOf(ApiFamily family, int status) =>
        (family, status) switch
        {
            (ApiFamily.Policy, StatusCodes.Status401Unauthorized) => "AutoBackup.0003",
            (ApiFamily.Policy, StatusCodes.Status403Forbidden) => "AutoBackup.0213",
            (ApiFamily.Policy, < 500) => "AutoBackup.0008",
            (ApiFamily.Policy, _) => "AutoBackup.0009",
            (ApiFamily.Backup, StatusCodes.Status401Unauthorized) => "VolumeBackup.0044",
            (ApiFamily.Backup, StatusCodes.Status403Forbidden) => "VolumeBackup.0042",
            (ApiFamily.Backup, < 500) => "VolumeBackup.0002",
            _ => "VolumeBackup.0900",
        };

    /// <summary>The name of the one member of a native error body.</summary>
    public static string NativeNameOf(int status) =>
        status switch
        {
            400 => "badRequest",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "itemNotFound",
            405 => "badMethod",
            409 => "conflictingRequest",
            413 or 429 => "overLimit",
            415 => "badMediaType",
            501 => "notImplemented",
            503 => "serviceUnavailable",
            _ => "computeFault",
        };
}
