namespace Holdfast.Server.Tests.Identity;

/// <summary>Whom an endpoint answers.</summary>
internal enum Access
{
    /// <summary>Anybody.</summary>
    Open,

    /// <summary>Whoever says who they are, in whatever project.</summary>
    Login,

    /// <summary>An admin of any project.</summary>
    Manager,

    /// <summary>A role in the project of the path, or a greater one.</summary>
    Reader,
    Member,
    Admin,
}

/// <summary>Every endpoint there is and whom it answers, by hand: an endpoint that is not here, or is no more, fails a test.</summary>
internal static class AccessTable
{
    /// <summary>Whether an operation for admins alone may be about another project's things (docs/decisions/0023).</summary>
    public static bool IsReached((Access Access, string Method, string Pattern) row) =>
        row.Access == Access.Admin
        && (
            row.Pattern.EndsWith("/backups/{backup}/export_record", StringComparison.Ordinal)
            || row.Pattern.Contains("/os-quota-sets/", StringComparison.Ordinal)
        );

    private const string Text = """
        Open    GET    /
        Open    HEAD   /
        Open    GET    /v2
        Open    HEAD   /v2
        Open    GET    /v3
        Open    HEAD   /v3
        Open    GET    /image
        Open    GET    /image/v2/images
        Open    GET    /image/v2/images/{image}
        Open    GET    /healthz
        Open    HEAD   /healthz
        Open    GET    /health/ready
        Open    HEAD   /health/ready
        Open    GET    /health/live
        Open    HEAD   /health/live
        Open    GET    /metrics
        Open    GET    /openapi/v1.json
        Open    GET    /docs/{documentName?}
        Open    GET    /docs/scalar.js
        Open    GET    /docs/scalar.aspnetcore.js
        Open    GET    /docs/favicon.svg
        Open    GET    /identity
        Open    GET    /identity/v3
        Open    POST   /identity/v3/auth/tokens
        Login   GET    /identity/v3/groups
        Login   GET    /identity/v3/policies
        Login   GET    /identity/v3/credentials
        Login   GET    /identity/v3/limits
        Login   GET    /identity/v3/registered_limits
        Login   GET    /identity/v3/role_inferences
        Login   GET    /identity/v3/users/{id}/groups
        Login   GET    /identity/v3/users/{id}/application_credentials
        Login   GET    /identity/v3/users/{id}/access_rules
        Login   GET    /identity/v3/auth/system
        Login   GET    /v3/auth/system

        Reader  GET    /v2/{project}/backuppolicy
        Member  POST   /v2/{project}/backuppolicy
        Member  PUT    /v2/{project}/backuppolicy/{policy}
        Member  DELETE /v2/{project}/backuppolicy/{policy}
        Member  POST   /v2/{project}/backuppolicy/{policy}/action
        Reader  GET    /v2/{project}/backuppolicy/{policy}/backuptasks
        Reader  GET    /v2/{project}/backuppolicy/{policy}/tags
        Member  POST   /v2/{project}/backuppolicy/{policy}/tags
        Member  POST   /v2/{project}/backuppolicy/{policy}/tags/action
        Member  DELETE /v2/{project}/backuppolicy/{policy}/tags/{key}
        Reader  GET    /v2/{project}/backuppolicy/tags
        Reader  POST   /v2/{project}/backuppolicy/resource_instances/action
        Member  POST   /v2/{project}/backuppolicyresources
        Member  POST   /v2/{project}/backuppolicyresources/{policy}/deleted_resources

        Member  POST   /v2/{project}/cloudbackups
        Member  POST   /v2/{project}/cloudbackups/{backup}
        Member  POST   /v2/{project}/cloudbackups/{backup}/restore
        Reader  GET    /v2/{project}/cloudbackups/quota
        Reader  GET    /v1/{project}/jobs/{job}
        Reader  GET    /v2/{project}/jobs/{job}

        Reader  GET    /{v2|v3}/{project}/backups
        Reader  GET    /{v2|v3}/{project}/backups/detail
        Reader  GET    /{v2|v3}/{project}/backups/{backup}
        Member  POST   /{v2|v3}/{project}/backups
        Member  POST   /{v2|v3}/{project}/backups/{backup}/restore
        Member  DELETE /{v2|v3}/{project}/backups/{backup}
        Member  POST   /{v2|v3}/{project}/backups/{backup}/action
        Member  PUT    /v3/{project}/backups/{backup}
        Admin   GET    /{v2|v3}/{project}/backups/{backup}/export_record
        Admin   POST   /{v2|v3}/{project}/backups/import_record

        Reader  GET    /v2/{project}/os-vendor-backup-sharing/detail
        Reader  GET    /v2/{project}/os-vendor-backup-sharing/count
        Reader  GET    /v2/{project}/os-vendor-backup-sharing/{share}
        Member  POST   /v2/{project}/os-vendor-backup-sharing
        Member  DELETE /v2/{project}/os-vendor-backup-sharing/{share}

        Reader  GET    /{v2|v3}/{project}/volumes
        Reader  GET    /{v2|v3}/{project}/volumes/detail
        Reader  GET    /{v2|v3}/{project}/volumes/{volume}
        Member  POST   /{v2|v3}/{project}/volumes
        Member  PUT    /{v2|v3}/{project}/volumes/{volume}
        Member  DELETE /{v2|v3}/{project}/volumes/{volume}
        Admin   POST   /{v2|v3}/{project}/os-volume-manage
        Member  POST   /{v2|v3}/{project}/volumes/{volume}/action
        Reader  GET    /{v2|v3}/{project}/volumes/{volume}/metadata
        Member  POST   /{v2|v3}/{project}/volumes/{volume}/metadata
        Member  PUT    /{v2|v3}/{project}/volumes/{volume}/metadata
        Member  DELETE /{v2|v3}/{project}/volumes/{volume}/metadata/{key}
        Reader  GET    /{v2|v3}/{project}/volumes/{volume}/metadata/{key}
        Member  PUT    /{v2|v3}/{project}/volumes/{volume}/metadata/{key}
        Reader  GET    /v2/{project}/cloudvolumes
        Reader  GET    /v2/{project}/cloudvolumes/detail
        Reader  GET    /v2/{project}/cloudvolumes/{volume}
        Reader  GET    /v2/{project}/os-vendor-tags/volumes/{volume}
        Member  PUT    /v2/{project}/os-vendor-tags/volumes/{volume}
        Reader  GET    /v3/{project}/volumes/summary
        Reader  GET    /{v2|v3}/{project}/types
        Reader  GET    /{v2|v3}/{project}/types/{type}
        Reader  GET    /{v2|v3}/{project}/types/{type}/extra_specs
        Admin   GET    /{v2|v3}/{project}/types/{type}/encryption
        Reader  GET    /{v2|v3}/{project}/extensions
        Reader  GET    /{v2|v3}/{project}/snapshots
        Reader  GET    /{v2|v3}/{project}/snapshots/detail
        Reader  GET    /{v2|v3}/{project}/snapshots/{id}
        Member  DELETE /{v2|v3}/{project}/snapshots/{id}
        Member  POST   /{v2|v3}/{project}/snapshots
        Reader  GET    /{v2|v3}/{project}/os-volume-transfer
        Reader  GET    /{v2|v3}/{project}/os-volume-transfer/detail
        Reader  GET    /{v2|v3}/{project}/os-volume-transfer/{id}
        Member  DELETE /{v2|v3}/{project}/os-volume-transfer/{id}
        Member  POST   /{v2|v3}/{project}/os-volume-transfer
        Admin   GET    /{v2|v3}/{project}/qos-specs
        Admin   GET    /{v2|v3}/{project}/qos-specs/{id}
        Admin   DELETE /{v2|v3}/{project}/qos-specs/{id}
        Admin   POST   /{v2|v3}/{project}/qos-specs
        Reader  GET    /{v2|v3}/{project}/consistencygroups
        Reader  GET    /{v2|v3}/{project}/consistencygroups/detail
        Reader  GET    /{v2|v3}/{project}/consistencygroups/{id}
        Member  POST   /{v2|v3}/{project}/consistencygroups
        Reader  GET    /{v2|v3}/{project}/cgsnapshots
        Reader  GET    /{v2|v3}/{project}/cgsnapshots/detail
        Reader  GET    /{v2|v3}/{project}/cgsnapshots/{id}
        Member  DELETE /{v2|v3}/{project}/cgsnapshots/{id}
        Member  POST   /{v2|v3}/{project}/cgsnapshots
        Reader  GET    /v3/{project}/messages
        Reader  GET    /v3/{project}/messages/{id}
        Member  DELETE /v3/{project}/messages/{id}
        Admin   GET    /v3/{project}/clusters
        Admin   GET    /v3/{project}/clusters/detail
        Admin   GET    /v3/{project}/clusters/{id}
        Reader  GET    /v3/{project}/group_types
        Reader  GET    /v3/{project}/group_types/{id}
        Admin   DELETE /v3/{project}/group_types/{id}
        Admin   POST   /v3/{project}/group_types
        Reader  GET    /v3/{project}/groups
        Reader  GET    /v3/{project}/groups/detail
        Reader  GET    /v3/{project}/groups/{id}
        Member  POST   /v3/{project}/groups
        Reader  GET    /v3/{project}/group_snapshots
        Reader  GET    /v3/{project}/group_snapshots/detail
        Reader  GET    /v3/{project}/group_snapshots/{id}
        Member  DELETE /v3/{project}/group_snapshots/{id}
        Member  POST   /v3/{project}/group_snapshots
        Reader  GET    /v3/{project}/attachments
        Reader  GET    /v3/{project}/attachments/detail
        Reader  GET    /v3/{project}/attachments/{id}
        Member  DELETE /v3/{project}/attachments/{id}
        Member  POST   /v3/{project}/attachments
        Reader  GET    /{v2|v3}/{project}/extensions/{alias}
        Reader  GET    /v3/{project}/resource_filters
        Reader  GET    /{v2|v3}/{project}/os-availability-zone
        Reader  GET    /{v2|v3}/{project}/limits
        Admin   GET    /{v2|v3}/{project}/os-services
        Admin   PUT    /{v2|v3}/{project}/os-services/{action}
        Admin   GET    /{v2|v3}/{project}/os-hosts
        Admin   GET    /{v2|v3}/{project}/os-hosts/{host}
        Admin   PUT    /{v2|v3}/{project}/os-hosts/{host}
        Admin   GET    /{v2|v3}/{project}/capabilities/{host}
        Admin   GET    /{v2|v3}/{project}/os-quota-class-sets/{class}
        Admin   PUT    /{v2|v3}/{project}/os-quota-class-sets/{class}
        Admin   GET    /{v2|v3}/{project}/scheduler-stats/get_pools
        Reader  GET    /{v2|v3}/{project}/os-quota-sets/{id}
        Admin   PUT    /{v2|v3}/{project}/os-quota-sets/{id}
        Admin   DELETE /{v2|v3}/{project}/os-quota-sets/{id}
        Reader  GET    /{v2|v3}/{project}/os-quota-sets/{id}/detail
        Reader  GET    /{v2|v3}/{project}/os-quota-sets/{id}/defaults

        Admin   POST   /admin/v1/{project}/backups/{backup}/restore
        Reader  GET    /admin/v1/{project}/policies/{policy}/retention
        Reader  GET    /admin/v1/{project}/status
        Admin   GET    /admin/v1/{project}/repository
        Admin   GET    /admin/v1/{project}/repository/prune
        Admin   POST   /admin/v1/{project}/repository/prune
        Admin   POST   /admin/v1/{project}/repository/check
        Admin   POST   /admin/v1/{project}/repository/copy
        Admin   GET    /admin/v1/{project}/audit
        Admin   GET    /admin/v1/{project}/audit/verify
        Reader  GET    /admin/v1/{project}/jobs
        Reader  GET    /admin/v1/{project}/jobs/{job}
        Reader  GET    /admin/v1/{project}/jobs/{job}/log
        Member  POST   /admin/v1/{project}/jobs/{job}/cancel
        Reader  GET    /admin/v1/{project}/deleted-backups
        Member  POST   /admin/v1/{project}/deleted-backups/{deleted_backup}/undelete
        Member  DELETE /admin/v1/{project}/deleted-backups/{deleted_backup}
        Admin   PUT    /admin/v1/{project}/quota
        Admin   POST   /admin/v1/{project}/drills
        Admin   GET    /admin/v1/{project}/drills
        Admin   GET    /admin/v1/{project}/drills/{drill}
        Admin   GET    /admin/v1/{project}/limits
        Admin   PUT    /admin/v1/{project}/limits
        Admin   GET    /admin/v1/{project}/notify/targets
        Admin   POST   /admin/v1/{project}/notify/targets
        Admin   GET    /admin/v1/{project}/notify/targets/{notify_target}
        Admin   PUT    /admin/v1/{project}/notify/targets/{notify_target}
        Admin   DELETE /admin/v1/{project}/notify/targets/{notify_target}
        Admin   POST   /admin/v1/{project}/notify/targets/{notify_target}/test
        Admin   GET    /admin/v1/{project}/notify/rules
        Admin   POST   /admin/v1/{project}/notify/rules
        Admin   GET    /admin/v1/{project}/notify/rules/{notify_rule}
        Admin   PUT    /admin/v1/{project}/notify/rules/{notify_rule}
        Admin   DELETE /admin/v1/{project}/notify/rules/{notify_rule}
        Admin   GET    /admin/v1/{project}/notify/deliveries

        Login   GET    /identity/v3/auth/tokens
        Login   DELETE /identity/v3/auth/tokens
        Login   GET    /identity/v3/auth/catalog
        Login   GET    /identity/v3/auth/projects
        Login   GET    /identity/v3/auth/domains
        Login   GET    /identity/v3/projects
        Login   GET    /identity/v3/projects/{id}
        Manager POST   /identity/v3/projects
        Manager PATCH  /identity/v3/projects/{id}
        Manager DELETE /identity/v3/projects/{id}
        Manager GET    /identity/v3/users
        Login   GET    /identity/v3/users/{id}
        Login   GET    /identity/v3/users/{id}/projects
        Login   POST   /identity/v3/users/{id}/password
        Manager POST   /identity/v3/users
        Manager PATCH  /identity/v3/users/{id}
        Manager DELETE /identity/v3/users/{id}
        Login   GET    /identity/v3/roles
        Login   GET    /identity/v3/roles/{id}
        Login   GET    /identity/v3/role_assignments
        Manager GET    /identity/v3/projects/{project_id}/users/{user_id}/roles
        Manager GET    /identity/v3/projects/{project_id}/users/{user_id}/roles/{role}
        Manager PUT    /identity/v3/projects/{project_id}/users/{user_id}/roles/{role}
        Manager DELETE /identity/v3/projects/{project_id}/users/{user_id}/roles/{role}
        Login   GET    /identity/v3/domains
        Login   GET    /identity/v3/domains/{id}
        Login   GET    /identity/v3/regions
        Login   GET    /identity/v3/services
        Login   GET    /identity/v3/endpoints
        Open    POST   /v3/auth/tokens
        Login   GET    /v3/auth/tokens
        Login   DELETE /v3/auth/tokens
        Login   GET    /v3/auth/catalog
        Login   GET    /v3/auth/projects
        Login   GET    /v3/auth/domains
        Login   GET    /identity/v3/regions/{id}
        Login   GET    /identity/v3/services/{id}
        Login   GET    /identity/v3/endpoints/{id}
        Login   GET    /identity/v3/projects/{id}/tags
        Manager PUT    /identity/v3/projects/{id}/tags
        Manager DELETE /identity/v3/projects/{id}/tags
        Login   GET    /identity/v3/projects/{id}/tags/{tag}
        Manager PUT    /identity/v3/projects/{id}/tags/{tag}
        Manager DELETE /identity/v3/projects/{id}/tags/{tag}
        Login   GET    /identity/v3.0/OS-CREDENTIAL/credentials
        Login   POST   /identity/v3.0/OS-CREDENTIAL/credentials
        Login   GET    /identity/v3.0/OS-CREDENTIAL/credentials/{access}
        Login   DELETE /identity/v3.0/OS-CREDENTIAL/credentials/{access}
        """;

    public static IReadOnlyList<(Access Access, string Method, string Pattern)> Rows { get; } =
    [
        .. from line in Text.Split('\n')
        let parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        where parts.Length > 0
        from pattern in parts[2].StartsWith("/{v2|v3}", StringComparison.Ordinal)
            ? (string[])
                [parts[2].Replace("{v2|v3}", "v2", StringComparison.Ordinal), parts[2].Replace("{v2|v3}", "v3", StringComparison.Ordinal)]
            : [parts[2]]
        let access = Enum.Parse<Access>(parts[0])
        // Every GET of the identity service takes HEAD, and lets in whom it lets in.
        from method in access is Access.Login or Access.Manager && parts[1] == "GET" ? (string[])["GET", "HEAD"] : [parts[1]]
        select (access, method, pattern),
    ];

    /// <summary>What asks in the project of the path.</summary>
    public static bool IsOfProject(this Access access) => access is Access.Reader or Access.Member or Access.Admin;
}
