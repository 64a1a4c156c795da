namespace Holdfast.Control.Jobs;

/// <summary>What kinds of jobs are called where an operator sees them.</summary>
public static class JobKindNames
{
    private static readonly (JobKind Kind, string Name)[] Names =
    [
        (JobKind.CreateBackup, "create-backup"),
        (JobKind.DeleteBackup, "delete-backup"),
        (JobKind.RestoreBackup, "restore-backup"),
        (JobKind.Prune, "prune"),
        (JobKind.Check, "check"),
        (JobKind.Drill, "drill"),
        (JobKind.Export, "export"),
        (JobKind.Copy, "copy"),
    ];

    public static IEnumerable<string> All => Names.Select(one => one.Name);

    public static string Of(JobKind kind) => Names.First(one => one.Kind == kind).Name;

    public static JobKind? Find(string name) => Names.Where(one => one.Name == name).Select(one => (JobKind?)one.Kind).FirstOrDefault();
}
