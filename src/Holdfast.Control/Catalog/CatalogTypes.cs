using System.Data;
using Dapper;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Catalog;

/// <summary>How ids and times stand in the catalog, for rows that are read straight into a record: ids as texts, times as milliseconds
/// since 1970 in UTC. Enumerations stand there as their numbers, which needs no telling.</summary>
internal static class CatalogTypes
{
    public static void Register()
    {
        SqlMapper.AddTypeHandler(new Handler<DateTimeOffset>(at => at.ToUnixTimeMilliseconds(), At));
        SqlMapper.AddTypeHandler(new Handler<ProjectId>(id => id.Value, held => new ProjectId((string)held)));
        SqlMapper.AddTypeHandler(new Handler<JobId>(id => id.Value, held => new JobId((string)held)));
        SqlMapper.AddTypeHandler(new Handler<VolumeId>(id => id.ToString(), held => VolumeId.Parse((string)held, null)));
        SqlMapper.AddTypeHandler(new Handler<BackupId>(id => id.ToString(), held => BackupId.Parse((string)held, null)));
        SqlMapper.AddTypeHandler(new Handler<BackupTaskId>(id => id.ToString(), held => BackupTaskId.Parse((string)held, null)));
        SqlMapper.AddTypeHandler(new Handler<NotifyTargetId>(id => id.ToString(), held => NotifyTargetId.Parse((string)held, null)));
        SqlMapper.AddTypeHandler(new Handler<NotifyRuleId>(id => id.ToString(), held => NotifyRuleId.Parse((string)held, null)));
        SqlMapper.AddTypeHandler(new Handler<NotifyDeliveryId>(id => id.ToString(), held => NotifyDeliveryId.Parse((string)held, null)));
    }

    private static DateTimeOffset At(object held) => DateTimeOffset.FromUnixTimeMilliseconds((long)held);

    private sealed class Handler<T>(Func<T, object> write, Func<object, T> read) : SqlMapper.TypeHandler<T>
        where T : struct
    {
        public override void SetValue(IDbDataParameter parameter, T value) => parameter.Value = write(value);

        public override T Parse(object value) => read(value);
    }
}
