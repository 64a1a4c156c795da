using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Control.Catalog;
using Holdfast.Control.Users;
using Holdfast.Server.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Identity;

/// <summary>Who gets where, over every endpoint that is mapped: a new one cannot be forgotten.</summary>
public sealed partial class IsolationTests(TestServer server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_endpoint_of_a_project_answers_without_a_token_that_is_good_for_it()
    {
        var (other, _) = await server.MakeCallerAsync("isolation_other", Role.Admin, "isolation_elsewhere");
        var (revoked, _) = await server.MakeCallerAsync("isolation_revoked", Role.Admin, "default");
        await server.Server.Services.GetRequiredService<TokenStore>().RevokeAsync(revoked, Cancel);
        var expired = await ExpiredTokenAsync();
        var unscoped = (await server.LogInAsync("admin", TestServer.Password, project: null)).Token;
        foreach (var (method, path, _) in Guarded())
        {
            async Task GetsAsync(int status, string? token, string what)
            {
                var answer = await server.SendAsync(method, path, token: token);
                Assert.True(answer.Status == status, $"{method} {path} with {what}: {answer.Status} {answer.Text}");
                Assert.Single(answer.Json.EnumerateObject());
            }

            await GetsAsync(401, null, "no token");
            await GetsAsync(401, "hft_wrong", "a wrong token");
            await GetsAsync(401, revoked, "a revoked token");
            await GetsAsync(401, expired, "an expired token");
            await GetsAsync(403, other, "another project's token");
            await GetsAsync(403, unscoped, "a token without a project");
        }
    }

    [Fact]
    public async Task A_reader_reads_and_changes_nothing_and_only_an_admin_does_what_needs_one()
    {
        var (reader, _) = await server.MakeCallerAsync("isolation_reader", Role.Reader, "default");
        var (member, _) = await server.MakeCallerAsync("isolation_member", Role.Member, "default");
        foreach (var (method, path, needed) in Guarded())
        {
            Assert.True((await server.SendAsync(method, path, token: reader)).Status == 403 == needed < Role.Reader, $"{method} {path} as reader");
            Assert.True((await server.SendAsync(method, path, token: member)).Status == 403 == needed < Role.Member, $"{method} {path} as member");
        }
    }

    /// <summary>Whoever asks in their own project for another's object is answered as for one that is not there.</summary>
    [Fact]
    public async Task What_another_project_has_cannot_be_told_from_what_is_not_there()
    {
        var theirs = await MakeThingsAsync();
        var (token, project) = await server.MakeCallerAsync("isolation_stranger", Role.Admin, "isolation_strangers");
        var nothing = theirs.ToDictionary(thing => thing.Key, thing => thing.Key == "job" ? Guid.CreateVersion7().ToString("N") : Guid.CreateVersion7().ToString("D"));
        var seen = 0;
        foreach (var (method, pattern, endpoint) in server.Endpoints())
        {
            if (endpoint.Metadata.GetMetadata<OpenToAll>() is not null || !theirs.Keys.Any(name => pattern.Contains($"{{{name}}}", StringComparison.Ordinal)))
            {
                continue;
            }

            seen++;
            foreach (var body in (string?[])[null, """{"restore": {}, "tag": {"key": "a", "value": "b"}, "target": "/x", "action": "create", "os-unmanage": {}, "volume": {"name": "x"}, "resources": [{"resource_id": "x"}], "scheduled_policy": {}}"""])
            {
                var (there, not) = (await AskAsync(theirs), await AskAsync(nothing));
                Assert.True(there == not && there.Status is >= 400 and < 500, $"{method} {pattern}: {there} and {not}");

                async Task<Answer> AskAsync(Dictionary<string, string> ids)
                {
                    var answer = await server.SendAsync(method, Fill(pattern, project, ids), method is "GET" or "DELETE" ? null : body, token);
                    return answer with { Text = ids.Values.Aggregate(answer.Text, (text, id) => text.Replace(id, "ID", StringComparison.Ordinal)) };
                }
            }
        }

        Assert.True(seen >= 20, $"Only {seen} endpoints have an object in their path.");
    }

    /// <summary>The same for objects that a body names, and for what lists show.</summary>
    [Fact]
    public async Task A_body_cannot_reach_into_another_project_and_lists_show_only_ones_own()
    {
        var theirs = await MakeThingsAsync();
        var (token, project) = await server.MakeCallerAsync("isolation_body", Role.Admin, "isolation_bodies");
        async Task<Answer> SendAsync(string method, string path, string? body = null) => await server.SendAsync(method, path.Replace("{p}", project, StringComparison.Ordinal), body, token);

        (await SendAsync("POST", "/v2/{p}/cloudbackups", $$"""{"backup": {"volume_id": "{{theirs["volume"]}}", "name": "x"} }""")).Expect(404);
        (await SendAsync("POST", "/v3/{p}/backups", $$"""{"backup": {"volume_id": "{{theirs["volume"]}}"} }""")).Expect(404);
        (await SendAsync("POST", "/v3/{p}/volumes", $$"""{"volume": {"backup_id": "{{theirs["backup"]}}", "size": 1} }""")).Expect(404);
        (await SendAsync("POST", "/v2/{p}/os-vendor-backup-sharing", $$"""{"shared": {"backup_id": "{{theirs["backup"]}}", "to_project_ids": ["x"]} }""")).Expect(404);
        var mine = (await SendAsync("POST", "/v2/{p}/backuppolicy", """{"backup_policy_name": "mine", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "ON"} }""")).Expect(200).GetProperty("backup_policy_id").GetString();
        var links = (await SendAsync("POST", "/v2/{p}/backuppolicyresources", $$"""{"backup_policy_id": "{{mine}}", "resources": [{"resource_id": "{{theirs["volume"]}}", "resource_type": "volume"}] }""")).Expect(200);
        Assert.Equal("AutoBackup.1400", links.GetProperty("fail_resources")[0].GetProperty("code").GetString());
        (await SendAsync("POST", "/v2/{p}/backuppolicyresources", $$"""{"backup_policy_id": "{{theirs["policy"]}}", "resources": [{"resource_id": "{{theirs["volume"]}}", "resource_type": "volume"}] }""")).Expect(404);

        foreach (var path in (string[])["/v3/{p}/backups/detail", "/v2/{p}/backups", "/v3/{p}/volumes/detail?all_tenants=1", "/v2/{p}/backuppolicy", "/v2/{p}/os-vendor-backup-sharing/detail", "/v2/{p}/os-vendor-backup-sharing/detail?share_to_me=true", "/v2/{p}/backuppolicy/tags"])
        {
            var text = (await SendAsync("GET", path)).Expect(200).GetRawText();
            Assert.DoesNotContain(theirs.Values, id => text.Contains(id, StringComparison.Ordinal));
        }
    }

    private static string Fill(string pattern, string project, IReadOnlyDictionary<string, string> ids) =>
        Parameter().Replace(pattern, match => match.Groups[1].Value == "project" ? project : ids.GetValueOrDefault(match.Groups[1].Value, "none"));

    private List<(string Method, string Path, Role Needed)> Guarded()
    {
        var none = new Dictionary<string, string>();
        var list = (from operation in server.Endpoints()
                    where operation.Endpoint.Metadata.GetMetadata<OpenToAll>() is null
                    let needed = operation.Endpoint.Metadata.GetMetadata<NeedsRole>()?.Role ?? (operation.Method == "GET" ? Role.Reader : Role.Member)
                    select (operation.Method, Fill(operation.Pattern, "{p}", none), needed)).ToList();
        Assert.True(list.Count >= 50, $"Only {list.Count} endpoints were found.");
        return list;
    }

    /// <summary>One of each kind of object that a path can name, by the name of its parameter.</summary>
    private async Task<Dictionary<string, string>> MakeThingsAsync()
    {
        var name = $"isolation_{Guid.CreateVersion7():N}";
        var volume = await server.AddVolumeAsync(name);
        var backup = await server.BackUpAsync(volume, "guarded");
        var policy = await server.CreatePolicyAsync(name);
        var share = (await server.SendAsync("POST", "/v2/{p}/os-vendor-backup-sharing", $$"""{"shared": {"backup_id": "{{backup}}", "to_project_ids": ["somebody"]} }""")).Expect(200).GetProperty("shared")[0].GetProperty("id").GetString();
        var job = (await server.SendAsync("POST", "/v2/{p}/cloudbackups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "again"} }""")).Expect(200).GetProperty("job_id").GetString();
        return new() { ["volume"] = volume, ["backup"] = backup, ["policy"] = policy, ["share"] = share ?? "", ["job"] = job ?? "" };
    }

    /// <summary>A token that is good for a moment, and then no more.</summary>
    private async Task<string> ExpiredTokenAsync()
    {
        var services = server.Server.Services;
        var (secret, _) = await server.LogInAsync("admin", TestServer.Password, "default");
        var end = TimeProvider.System.GetUtcNow().AddSeconds(2);
        await using (var tx = await services.GetRequiredService<CatalogDatabase>().BeginAsync(Cancel))
        {
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
            Assert.Equal(1, await tx.ExecuteAsync("UPDATE token SET expires_at = @end WHERE digest = @digest", new { digest, end = end.ToUnixTimeMilliseconds() }, Cancel));
            await tx.CommitAsync(Cancel);
        }

        Assert.Equal(200, (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: secret)).Status);
        var left = end - TimeProvider.System.GetUtcNow();
        await Task.Delay(left > TimeSpan.Zero ? left + TimeSpan.FromMilliseconds(5) : TimeSpan.Zero, Cancel);
        return secret;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}
