using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.OpenApi;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Identity;

/// <summary>Who gets where and what they see there, over every endpoint that is mapped: a new one cannot be forgotten.</summary>
public sealed class IsolationTests(TestServer server)
{
    private static readonly OperationTable Texts = OperationTable.Load();

    /// <summary>What asks with a body and changes nothing, and a body that asks for everything.</summary>
    private static readonly Dictionary<string, string> Questions = new()
    {
        ["/v2/{project}/backuppolicy/resource_instances/action"] = """{"action": "filter", "limit": "1000"}""",
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The console has a table of its own.</summary>
    [Fact]
    public void The_table_has_every_endpoint_and_no_other() =>
        Assert.Equal(
            AccessTable.Rows.Select(row => $"{row.Method} {row.Pattern}").Order(),
            server
                .AllEndpoints()
                .Where(endpoint => !endpoint.Pattern.StartsWith(ConsoleAddress.Root, StringComparison.Ordinal))
                .Select(endpoint => $"{endpoint.Method} {endpoint.Pattern}")
                .Order()
        );

    [Fact]
    public async Task No_endpoint_answers_whom_it_should_not()
    {
        var (revoked, _) = await server.MakeCallerAsync("isolation_revoked", Role.Admin, "default");
        await server.Server.Services.GetRequiredService<TokenStore>().RevokeAsync(revoked, Cancel);
        var expired = await ExpiredTokenAsync();
        var nobody = (string?[])[null, "", "hft_wrong", revoked, expired];
        var (other, _) = await server.MakeCallerAsync("isolation_other", Role.Admin, "isolation_elsewhere");
        var unscoped = (await server.LogInAsync("admin", TestServer.Password, project: null)).Token;
        var (reader, _) = await server.MakeCallerAsync("isolation_reader", Role.Reader, "default");
        var (member, _) = await server.MakeCallerAsync("isolation_member", Role.Member, "default");
        foreach (var (access, method, pattern) in AccessTable.Rows)
        {
            await ExpectAsync(method, pattern, access == Access.Open ? null : 401, nobody);
            await ExpectAsync(method, pattern, access.IsOfProject() ? 403 : null, other);
            await ExpectAsync(method, pattern, access.IsOfProject() || access == Access.Manager ? 403 : null, unscoped);
            await ExpectAsync(method, pattern, access is Access.Member or Access.Admin or Access.Manager ? 403 : null, reader);
            await ExpectAsync(method, pattern, access is Access.Admin or Access.Manager ? 403 : null, member);
            await ExpectAsync(method, pattern, null, "mine");
        }
    }

    /// <summary>Whoever names another's object, in a path, body or query, with all else their own, is answered as for one that is not
    /// there, and changes nothing. Operations for all are asked by a member: what an admin reaches is told by AdminReachTests.</summary>
    [Fact]
    public async Task What_another_project_has_cannot_be_told_from_what_is_not_there()
    {
        var (theirs, mine) = (await ThingsAsync("isolation_victim"), await ThingsAsync("isolation_stranger"));
        var before = await ShowAllAsync(theirs);
        var seen = 0;
        foreach (
            var (access, method, pattern) in AccessTable.Rows.Where(row => row.Access.IsOfProject() && !AccessTable.IsReached(row))
        )
        {
            foreach (var ask in QuestionsOf(method, pattern, mine))
            {
                seen++;
                var (there, not) = (await AskAsync(theirs[ask.Kind][0]), await AskAsync(Nothing(ask.Kind)));
                Assert.True(
                    there == not && there.Status < 500 && (there.Status >= 400 || ask.MayPass),
                    $"{method} {pattern} with {ask.Slot}: {there} and {not}"
                );

                async Task<Answer> AskAsync(string id)
                {
                    await mine.RefreshAsync(1);
                    var (path, body) = ask.With(id);
                    var answer = await (access == Access.Admin ? mine.SendAsync(method, path, body) : mine.AskAsync(method, path, body));
                    return answer with { Text = answer.Text.Replace(id, "ID", StringComparison.Ordinal) };
                }
            }
        }

        Assert.True(seen >= 60, $"Only {seen} places for an id were found.");
        Assert.Equal(before, await ShowAllAsync(theirs));
    }

    [Fact]
    public async Task Nothing_of_another_project_is_in_any_answer()
    {
        var (theirs, mine) = (await ThingsAsync("isolation_shown"), await ThingsAsync("isolation_looker"));
        var secrets = theirs
            .Ids.Where(kind => kind.Key is "project" or "volume" or "backup" or "policy" or "share" or "job")
            .SelectMany(kind => kind.Value)
            .Append(theirs.Mark)
            .ToList();
        var shown = await ShowAllAsync(mine);
        Assert.DoesNotContain(secrets, id => shown.Contains(id, StringComparison.Ordinal));

        // Had nothing been shown, nothing of others could have been.
        foreach (var kind in (string[])["project", "volume", "backup", "policy", "share"])
        {
            Assert.True(shown.Split(mine[kind][0]).Length > 3, $"What there is of the kind '{kind}' was hardly shown.");
        }
    }

    /// <summary>The identity is one for all projects: who manages nothing sees there what is their own.</summary>
    [Fact]
    public async Task Who_is_no_admin_finds_nothing_of_others_in_the_identity()
    {
        var theirs = await ThingsAsync("isolation_known");
        var (token, _) = await server.MakeCallerAsync("isolation_curious", Role.Member, "isolation_curious");
        var (victim, _) = await server.MakeCallerAsync("isolation_subject", Role.Member, "isolation_subjects");
        foreach (var (_, method, pattern) in AccessTable.Rows.Where(row => row.Access == Access.Login))
        {
            var (there, not) = (await AskAsync(kind => theirs[kind][0], victim), await AskAsync(Nothing, "hft_nothing"));
            var isFixed = ((string[])["roles", "domains", "regions", "services", "endpoints"]).Any(what =>
                pattern.EndsWith($"/{what}/{{id}}", StringComparison.Ordinal)
            );
            Assert.True(isFixed ? not.Status == 404 : there == not, $"{method} {pattern}: {there} and {not}");

            async Task<Answer> AskAsync(Func<string, string> idOf, string subject)
            {
                var text = Texts.Find(method, pattern);
                var body = text?.Request?.DeepClone();
                foreach (var (members, member, kind) in Things.NamesIn(body))
                {
                    members[member] = kind is null ? null : idOf(kind);
                }

                var query =
                    text?.Query.Keys.Where(name => Things.KindOfMember.GetValueOrDefault(name) is not (null or "role" or "domain"))
                        .Select(name => $"{name}={idOf(Things.KindOfMember[name] ?? "")}")
                    ?? [];
                var path = Things.Fill(pattern, name => idOf(Things.KindOf(pattern, name)));
                var answer = await server.SendAsync(
                    method,
                    $"{path}?{string.Join('&', query)}",
                    body?.ToJsonString(),
                    token,
                    subject: subject
                );
                return answer with
                {
                    Text = theirs
                        .Ids.Keys.Where(kind => !Fixed.Contains(kind))
                        .Aggregate(answer.Text, (text, kind) => text.Replace(idOf(kind), "ID", StringComparison.Ordinal)),
                };
            }
        }
    }

    /// <summary>What is the same for all projects, or is not there in any.</summary>
    private static readonly string[] Fixed =
    [
        "role",
        "domain",
        "region",
        "service",
        "endpoint",
        "tag",
        "key",
        "type",
        "absent",
        "image",
        "alias",
        "host",
        "action",
        "class",
    ];

    private static string Nothing(string kind) =>
        kind == "job" ? "00000000000070008000000000000001"
        : kind is "user_id" or "project_id" or "role" or "domain" or "access" or "key" ? $"nothing_{kind}"
        : "00000000-0000-7000-8000-000000000001";

    /// <summary>A place for an id in a request, with all else filled so that it would succeed.</summary>
    /// <param name="MayPass">Whether what is not there is no refusal: what asks in a list gets nothing, or is told of one in an answer to
    /// many.</param>
    private sealed record Ask(string Slot, string Kind, bool MayPass, Func<string, (string Path, string? Body)> With);

    private static IEnumerable<Ask> QuestionsOf(string method, string pattern, Things mine)
    {
        var text = Texts.Find(method, pattern);
        string Path(string? slot, string id) => Things.Fill(pattern, name => name == slot ? id : mine[Things.KindOf(pattern, name)][0]);
        foreach (
            var name in Things
                .ParametersOf(pattern)
                .Where(name =>
                    name is not ("project" or "key" or "type" or "alias" or "image" or "host" or "action" or "class")
                    && Things.KindOf(pattern, name) != "absent"
                )
        )
        {
            yield return new(
                name,
                Things.KindOf(pattern, name),
                MayPass: false,
                id => (Path(name, id), Body(text?.Request, mine, null, ""))
            );
        }

        foreach (var (_, member, kind) in Things.NamesIn(text?.Request).Where(name => name.Kind is not null))
        {
            yield return new(member, kind ?? "", member == "resource_id", id => (Path(null, ""), Body(text?.Request, mine, member, id)));
        }

        foreach (var name in text?.Query.Keys ?? [])
        {
            foreach (
                var kind in name == "marker" ? (string[])["volume", "backup", "policy", "job", "share"]
                : Things.KindOfMember.GetValueOrDefault(name.TrimEnd('~')) is { } one ? [one]
                : []
            )
            {
                foreach (var order in (string[])["asc", "desc"])
                {
                    yield return new(
                        $"{name} of {kind}, {order}",
                        kind,
                        MayPass: true,
                        id => ($"{Path(null, "")}?{name}={id}&limit=1000&sort_dir={order}", null)
                    );
                }
            }
        }
    }

    /// <summary>The document's example with one's own ids, but for one.</summary>
    private static string? Body(JsonNode? example, Things mine, string? slot, string id)
    {
        var body = example?.DeepClone();
        foreach (var (members, member, kind) in Things.NamesIn(body))
        {
            if (member == slot || members[member] is not null)
            {
                members[member] =
                    member == slot ? id
                    : kind is null ? null
                    : mine[kind][0];
            }

            if (member == slot && members.ContainsKey("target"))
            {
                // A restore has a device as its target, or a volume.
                members["target"] = null;
                members["overwrite"] = true;
            }
        }

        return body?.ToJsonString();
    }

    /// <summary>All that a project is shown of itself, asked in every way: one text.</summary>
    private static async Task<string> ShowAllAsync(Things things)
    {
        var shown = new List<string>();
        foreach (var (access, method, pattern) in AccessTable.Rows.Where(row => row.Access == Access.Reader))
        {
            Assert.True(
                method == "GET" || Questions.ContainsKey(pattern),
                $"{method} {pattern} changes nothing, and the test does not know what to ask it."
            );
            var path = Things.Fill(pattern, name => things[Things.KindOf(pattern, name)][0]);
            var more = pattern.Contains("sharing", StringComparison.Ordinal) ? "&share_to_me=true" : "";
            foreach (var query in (string[])["", $"?all_tenants=1&limit=1000{more}", "?limit=1000&sort_dir=asc"])
            {
                var answer = await things.AskAsync(method, path + query, Questions.GetValueOrDefault(pattern));
                shown.Add($"{method} {pattern}{query}\n{answer.Text}");
                var isAbsent = Things.ParametersOf(pattern).Any(name => Things.KindOf(pattern, name) == "absent");
                Assert.True(answer.Status == (isAbsent ? 404 : 200), $"{method} {path}{query}: {answer}");
            }
        }

        return string.Join('\n', shown);
    }

    private async Task<Things> ThingsAsync(string project)
    {
        var (token, id) = await server.MakeCallerAsync(project, Role.Admin, project);
        var (member, _) = await server.MakeCallerAsync($"{project}_member", Role.Member, project);
        var things = new Things(server, token, id, member);
        await things.RefreshAsync(1);
        return things;
    }

    /// <summary>Asks an endpoint with nothing that it could do anything with.</summary>
    /// <param name="status">Null where neither 401 nor 403 may be answered.</param>
    private async Task ExpectAsync(string method, string pattern, int? status, params string?[] tokens)
    {
        foreach (var token in tokens)
        {
            var answer = await server.SendAsync(method, Things.Fill(pattern, name => name == "project" ? "{p}" : "none"), token: token);
            Assert.True(
                status is null ? answer.Status is not (401 or 403) : answer.Status == status,
                $"{method} {pattern} with the token '{token}' is {answer}, not {status}"
            );
        }
    }

    /// <summary>A token that was good, and was found so, until its end came.</summary>
    private async Task<string> ExpiredTokenAsync()
    {
        var (secret, _) = await server.LogInAsync("admin", TestServer.Password, "default");
        Assert.Equal(200, (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: secret)).Status);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        var end = TimeProvider.System.GetUtcNow().AddMilliseconds(-1).ToUnixTimeMilliseconds();
        await server.ChangeCatalogAsync("UPDATE token SET expires_at = @end WHERE digest = @digest", new { digest, end });

        // What is remembered of a token knows the end that it had; that it obeys it is told where time is not real.
        server.Server.Services.GetRequiredService<TokenStore>().ForgetRecent();
        return secret;
    }
}
