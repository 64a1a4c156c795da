using Holdfast.Control.Catalog;

namespace Holdfast.Control.Policies;

public enum TagOutcome
{
    Done = 1,
    NoSuchPolicy = 2,

    /// <summary>The policy would have more than <see cref="PolicyTags.Most"/>; nothing was changed.</summary>
    TooMany = 3,
    NoSuchTag = 4,
}

/// <summary>The tags of policies. A change reaches the backups that are made from then on, not those that are there.</summary>
public sealed class PolicyTags(CatalogDatabase database)
{
    /// <summary>Tags that a policy may have.</summary>
    public const int Most = 10;

    private const string PutSql =
        "INSERT INTO policy_tag (policy_id, key, value) VALUES (@id, @key, @value) ON CONFLICT (policy_id, key) DO UPDATE SET value = "
            + "excluded.value";
    private const string RemoveSql = "DELETE FROM policy_tag WHERE policy_id = @id AND key = @key";
    private const string AllSql =
        "SELECT DISTINCT t.key AS Key, t.value AS Value FROM policy_tag t JOIN policy p ON p.id = t.policy_id WHERE p.project_id = "
            + "@project";

    /// <summary>Every key and value that the project's policies have, each once, by key and then value.</summary>
    public async Task<IReadOnlyList<(string Key, string Value)>> AllAsync(ProjectId project, CancellationToken cancel) =>
        [
            .. (await database.ReadAllAsync<Row>(AllSql, new { project = project.Value }, cancel))
                .Select(row => (row.Key, row.Value))
                .OrderBy(tag => tag.Key, StringComparer.Ordinal)
                .ThenBy(tag => tag.Value, StringComparer.Ordinal),
        ];

    /// <summary>Adds tags; the value of a key that is there already is replaced. All of them or none.</summary>
    public Task<TagOutcome> PutAsync(
        ProjectId project,
        PolicyId policy,
        IReadOnlyDictionary<string, string> tags,
        CancellationToken cancel
    ) =>
        ChangeAsync(
            project,
            policy,
            async (tx, found) =>
            {
                if (found.Tags.Keys.Union(tags.Keys, StringComparer.Ordinal).Count() > Most)
                {
                    return TagOutcome.TooMany;
                }

                foreach (var (key, value) in tags)
                {
                    await tx.ExecuteAsync(
                        PutSql,
                        new
                        {
                            id = policy.ToString(),
                            key,
                            value,
                        },
                        cancel
                    );
                }

                return TagOutcome.Done;
            },
            cancel
        );

    public Task<TagOutcome> RemoveAsync(ProjectId project, PolicyId policy, string key, CancellationToken cancel) =>
        ChangeAsync(
            project,
            policy,
            async (tx, found) =>
            {
                if (!found.Tags.ContainsKey(key))
                {
                    return TagOutcome.NoSuchTag;
                }

                await tx.ExecuteAsync(RemoveSql, new { id = policy.ToString(), key }, cancel);
                return TagOutcome.Done;
            },
            cancel
        );

    /// <summary>Removes tags by key; where a value is given, only if it is the tag's. What is not there is passed over.</summary>
    public Task<TagOutcome> RemoveManyAsync(
        ProjectId project,
        PolicyId policy,
        IReadOnlyCollection<(string Key, string? Value)> tags,
        CancellationToken cancel
    ) =>
        ChangeAsync(
            project,
            policy,
            async (tx, found) =>
            {
                foreach (var (key, value) in tags)
                {
                    if (found.Tags.TryGetValue(key, out var stored) && (value is null || value == stored))
                    {
                        await tx.ExecuteAsync(RemoveSql, new { id = policy.ToString(), key }, cancel);
                    }
                }

                return TagOutcome.Done;
            },
            cancel
        );

    private async Task<TagOutcome> ChangeAsync(
        ProjectId project,
        PolicyId policy,
        Func<CatalogTransaction, Policy, Task<TagOutcome>> change,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, policy, cancel) is not { } found || found.Project != project)
        {
            return TagOutcome.NoSuchPolicy;
        }

        var outcome = await change(tx, found);
        if (outcome == TagOutcome.Done)
        {
            await tx.CommitAsync(cancel);
        }

        return outcome;
    }

    private sealed class Row
    {
        public string Key { get; set; } = "";

        public string Value { get; set; } = "";
    }
}
