using Holdfast.Control.Catalog;

namespace Holdfast.Control.Notifications;

/// <summary>Who of a project is told what.</summary>
internal sealed class NotifyAudience
{
    private const string TargetsSql = "SELECT id FROM notify_target WHERE project_id = @project ORDER BY id";

    private readonly IReadOnlyList<(NotifyTargetId Target, IReadOnlyList<NotifyRule> Rules)> _all;

    private NotifyAudience(IReadOnlyList<(NotifyTargetId, IReadOnlyList<NotifyRule>)> all) => _all = all;

    public static async Task<NotifyAudience> OfAsync(CatalogTransaction tx, ProjectId project, CancellationToken cancel)
    {
        var rules = (await NotifyRules.ListAsync(tx, project, cancel)).ToLookup(rule => rule.Target);
        var targets = await tx.QueryAsync<string>(TargetsSql, new { project = project.Value }, cancel);
        return new NotifyAudience(
            [.. targets.Select(id => NotifyTargetId.Parse(id, null)).Select(id => (id, (IReadOnlyList<NotifyRule>)[.. rules[id]]))]
        );
    }

    /// <summary>The targets that want it by a rule, or that have none and are told what is usual.</summary>
    public IReadOnlyList<NotifyTargetId> Of(NotifyEvent one, NotifySeverity severity) =>
        [
            .. _all.Where(to =>
                    to.Rules.Count == 0 ? NotifyNames.Usual.Contains(one) : to.Rules.Any(rule => rule.Wants(one, severity))
                )
                .Select(to => to.Target),
        ];
}
