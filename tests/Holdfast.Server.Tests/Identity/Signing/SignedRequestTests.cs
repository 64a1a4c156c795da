using System.Security.Cryptography;
using System.Text;
using Holdfast.Control;
using Holdfast.Control.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Identity.Signing;

/// <summary>Signed requests over HTTP: who gets in, where, and for how long.</summary>
public sealed class SignedRequestTests(TestServer server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_owner_of_a_key_does_what_they_may_in_the_project_of_the_path(bool isDerived)
    {
        var (token, _) = await server.MakeCallerAsync($"signer_{isDerived}", Role.Member, "default");
        var (access, secret) = await MakeKeyAsync(token);
        var body =
            """{"backup_policy_name": "signed", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
                + """ "status": "ON"} }""";
        var made = (await SendAsync("POST", "/v2/{p}/backuppolicy", body, access, secret, isDerived))
            .Expect(200)
            .GetProperty("backup_policy_id")
            .GetString();
        (
            await SendAsync("GET", $"/v2/{{p}}/backuppolicy/{made}/backuptasks?limit=10&sort_dir=asc", null, access, secret, isDerived)
        ).Expect(200);
        (await SendAsync("DELETE", $"/v2/{{p}}/backuppolicy/{made}", null, access, secret, isDerived)).Expect(204);

        Assert.Equal(
            "AutoBackup.0213",
            (await SendAsync("GET", "/v2/ffffffffffffffffffffffffffffffff/backuppolicy", null, access, secret, isDerived)).ExpectError(403)
        );
        (await SendAsync("POST", "/v3/{p}/os-volume-manage", "{}", access, secret, isDerived)).Expect(403);
        (await SendAsync("GET", "/identity/v3/projects?name=default", null, access, secret, isDerived)).Expect(200);
        Assert.NotEmpty(
            (await SendAsync("GET", "/identity/v3/auth/catalog", null, access, secret, isDerived))
                .Expect(200)
                .GetProperty("catalog")
                .EnumerateArray()
        );
    }

    [Fact]
    public async Task Whoever_names_no_project_gets_the_catalog_of_the_only_one_that_they_have()
    {
        var (token, project) = await server.MakeCallerAsync("signer_catalog", Role.Member, "signer_catalog");
        var (access, secret) = await MakeKeyAsync(token);
        Assert.Contains(
            $"/v2/{project}",
            (await SendAsync("GET", "/identity/v3/auth/catalog", null, access, secret, isDerived: true, named: false)).Text,
            StringComparison.Ordinal
        );

        var services = server.Server.Services;
        var user =
            await services.GetRequiredService<AccountStore>().FindByNameAsync("signer_catalog", Cancel)
            ?? throw new InvalidOperationException("no user");
        await services.GetRequiredService<AccountStore>().GrantAsync(user.Id, new ProjectId(server.Project), Role.Reader, Cancel);
        Assert.DoesNotContain(
            "/v2/",
            (await SendAsync("GET", "/identity/v3/auth/catalog", null, access, secret, isDerived: true, named: false)).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_wrong_secret_an_unknown_key_a_changed_body_and_an_old_request_are_refused_alike()
    {
        var (access, secret) = await MakeKeyAsync(server.Token);
        Assert.Equal(
            "AutoBackup.0003",
            (await SendAsync("GET", "/v2/{p}/backuppolicy", null, access, secret + "x", isDerived: true)).ExpectError(401)
        );
        var wrong = (await SendAsync("GET", "/v2/{p}/backuppolicy", null, access, "wrong", isDerived: false)).Text;
        Assert.Equal(wrong, (await SendAsync("GET", "/v2/{p}/backuppolicy", null, "NOSUCHKEYNOSUCHKEY00", secret, isDerived: false)).Text);
        Assert.Equal(
            "AutoBackup.0003",
            (await SendAsync("POST", "/v2/{p}/backuppolicy", "{}", access, secret, isDerived: true, sent: "{ }")).ExpectError(401)
        );
        Assert.Equal(
            "AutoBackup.0003",
            (
                await SendAsync("GET", "/v2/{p}/backuppolicy", null, access, secret, isDerived: true, age: TimeSpan.FromMinutes(16))
            ).ExpectError(401)
        );
        Assert.Equal(
            "VolumeBackup.0044",
            (await SendAsync("GET", "/v1/{p}/jobs/x", null, access, "wrong", isDerived: true)).ExpectError(401)
        );
        (await SendAsync("GET", "/v2/{p}/backuppolicy", null, access, secret, isDerived: true, age: TimeSpan.FromMinutes(14))).Expect(200);
    }

    /// <summary>The first form signs the query of a POST without body as its payload; a hash that anybody may add must not take its
    /// place.</summary>
    [Fact]
    public async Task Nothing_can_be_added_to_the_query_of_a_POST_without_body()
    {
        var (access, secret) = await MakeKeyAsync(server.Token);
        const string Path = "/v2/{p}/backuppolicy/00000000-0000-0000-0000-000000000000/action";
        var hash = Convert.ToHexStringLower(SHA256.HashData([]));
        foreach (var isDerived in (bool[])[true, false])
        {
            (await SendAsync("POST", Path, null, access, secret, isDerived)).Expect(404);
            (await SendAsync("POST", Path, null, access, secret, isDerived, addedHash: hash)).Expect(404);
            (await SendAsync("POST", Path + "?x=1", null, access, secret, isDerived, addedHash: hash)).Expect(404);
            (await SendAsync("POST", Path, null, access, secret, isDerived, addedQuery: "?x=1")).Expect(401);
            (await SendAsync("POST", Path, null, access, secret, isDerived, addedQuery: "?x=1", addedHash: hash)).Expect(401);
            (await SendAsync("POST", Path + "?x=1", null, access, secret, isDerived, addedQuery: "&x=2", addedHash: hash)).Expect(401);
        }
    }

    [Fact]
    public async Task A_revoked_key_and_the_key_of_a_disabled_user_sign_nothing()
    {
        var (token, _) = await server.MakeCallerAsync("signer_gone", Role.Member, "default");
        var (access, secret) = await MakeKeyAsync(token);
        var (other, otherSecret) = await MakeKeyAsync(token);
        (await SendAsync("GET", "/v2/{p}/backuppolicy", null, access, secret, isDerived: false)).Expect(200);

        (await server.SendAsync("DELETE", $"/identity/v3.0/OS-CREDENTIAL/credentials/{access}", token: token)).Expect(204);
        (await SendAsync("GET", "/v2/{p}/backuppolicy", null, access, secret, isDerived: false)).Expect(401);
        (await SendAsync("GET", "/v2/{p}/backuppolicy", null, other, otherSecret, isDerived: false)).Expect(200);

        var user = (await server.Server.Services.GetRequiredService<AccountStore>().FindByNameAsync("signer_gone", Cancel))?.Id.Value;
        (await server.SendAsync("PATCH", $"/identity/v3/users/{user}", """{"user": {"enabled": false} }""")).Expect(200);
        (await SendAsync("GET", "/v2/{p}/backuppolicy", null, other, otherSecret, isDerived: false)).Expect(401);
    }

    [Fact]
    public async Task A_secret_is_told_once_kept_sealed_and_others_keys_are_nobodys_business()
    {
        var (token, _) = await server.MakeCallerAsync("signer_own", Role.Reader, "default");
        var (access, secret) = await MakeKeyAsync(server.Token);
        Assert.DoesNotContain(
            secret,
            (await server.SendAsync("GET", "/identity/v3.0/OS-CREDENTIAL/credentials")).Text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            secret,
            (await server.SendAsync("GET", $"/identity/v3.0/OS-CREDENTIAL/credentials/{access}")).Text,
            StringComparison.Ordinal
        );
        foreach (var file in Directory.GetFiles(Path.Combine(server.Folder, "data"), "catalog.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, Cancel);
            Assert.Equal(-1, bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)));
        }

        (await server.SendAsync("GET", $"/identity/v3.0/OS-CREDENTIAL/credentials/{access}", token: token)).Expect(404);
        (await server.SendAsync("DELETE", $"/identity/v3.0/OS-CREDENTIAL/credentials/{access}", token: token)).Expect(404);
        var admin = (await server.Server.Services.GetRequiredService<AccountStore>().FindByNameAsync("admin", Cancel))?.Id.Value;
        (
            await server.SendAsync(
                "POST",
                "/identity/v3.0/OS-CREDENTIAL/credentials",
                $$"""{"credential": {"user_id": "{{admin}}"} }""",
                token
            )
        ).Expect(404);
        for (var i = 0; i < AccessKeyStore.MostOfAccount; i++)
        {
            await MakeKeyAsync(token);
        }

        (await server.SendAsync("POST", "/identity/v3.0/OS-CREDENTIAL/credentials", """{"credential": {} }""", token)).Expect(400);
    }

    private async Task<(string Access, string Secret)> MakeKeyAsync(string token)
    {
        var key = (
            await server.SendAsync(
                "POST",
                "/identity/v3.0/OS-CREDENTIAL/credentials",
                """{"credential": {"description": "test"} }""",
                token
            )
        )
            .Expect(201)
            .GetProperty("credential");
        return (key.GetProperty("access").GetString() ?? "", key.GetProperty("secret").GetString() ?? "");
    }

    /// <param name="sent">The body that is really sent, where it is not the signed one.</param>
    /// <param name="addedQuery">What is added to the target after it was signed.</param>
    /// <param name="addedHash">A header X-Sdk-Content-Sha256 that is added after signing.</param>
    private async Task<Answer> SendAsync(
        string method,
        string path,
        string? body,
        string access,
        string secret,
        bool isDerived,
        TimeSpan age = default,
        string? sent = null,
        string addedQuery = "",
        string? addedHash = null,
        bool named = true
    )
    {
        path = path.Replace("{p}", server.Project, StringComparison.Ordinal);
        var date = (TimeProvider.System.GetUtcNow() - age).UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'");
        var target = path.Split('?', 2);
        var query = target.Skip(1).SelectMany(text => text.Split('&')).Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]));
        (string, string)[] headers = [("host", server.Http.BaseAddress?.Authority ?? ""), ("x-sdk-date", date)];
        var client = new ClientRequest(method, target[0].Split('/')[1..], [.. query], headers, Encoding.UTF8.GetBytes(body ?? ""));
        using var request = new HttpRequestMessage(new HttpMethod(method), path + addedQuery);
        request.Headers.TryAddWithoutValidation("X-Sdk-Date", date);
        request.Headers.TryAddWithoutValidation(named ? "X-Project-Id" : "X-Domain-Id", named ? server.Project : "default");
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            isDerived ? IndependentSigner.SignDerived(client, access, secret) : IndependentSigner.SignPlain(client, access, secret)
        );
        if (addedHash is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Sdk-Content-Sha256", addedHash);
        }

        if ((sent ?? body) is { } content)
        {
            request.Content = new StringContent(content, Encoding.UTF8, "application/json");
        }

        using var response = await server.Http.SendAsync(request, Cancel);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }
}
