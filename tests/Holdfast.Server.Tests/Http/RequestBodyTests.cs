using System.Text;

namespace Holdfast.Server.Tests.Http;

public sealed class RequestBodyTests(TestServer server)
{
    private const string Policy =
        """{"backup_policy_name": "body_1", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "status": "OFF"}}""";

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("Application/JSON; charset=utf-8", 200)]
    [InlineData("application/jsonx", 415)]
    [InlineData("application/json-patch+json", 415)]
    [InlineData("application/merge-patch+json", 415)]
    [InlineData("text/json", 415)]
    [InlineData("application/json garbage", 415)]
    public async Task Only_JSON_itself_is_read(string type, int status) =>
        (await SendAsync(Encoding.UTF8.GetBytes(Policy), type)).Expect(status);

    [Theory]
    [InlineData("identity", 200)]
    [InlineData("gzip", 415)]
    [InlineData("identity, gzip", 415)]
    public async Task An_encoded_body_is_refused_and_not_read_as_it_is(string encoding, int status)
    {
        var answer = await SendAsync(Encoding.UTF8.GetBytes(Policy), "application/json", encoding);
        answer.Expect(status);
        Assert.Equal(status == 415, answer.Text.Contains("Content-Encoding", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restore_refuses_another_type_as_any_other_request()
    {
        var backup = await server.BackUpAsync(await server.AddVolumeAsync("body_restore"), "b");
        Assert.Equal(
            "VolumeBackup.0002",
            (await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}/restore", "{}", contentType: "text/plain")).ExpectError(415)
        );
    }

    [Fact]
    public async Task The_mark_of_UTF8_may_stand_before_the_body() =>
        (await SendAsync([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Policy)], "application/json")).Expect(200);

    [Theory]
    [InlineData(31, "'scheduled_policy' is missing or empty")]
    [InlineData(32, "the body is nested more than 32 deep")]
    [InlineData(100_000, "the body is nested more than 32 deep")]
    public async Task A_body_that_is_nested_too_deeply_is_told_so(int arrays, string message)
    {
        var body = $$"""{"backup_policy_name": "a", "x": {{new string('[', arrays)}}{{new string(']', arrays)}} }""";
        var answer = await server.SendAsync("POST", "/v2/{p}/backuppolicy", body);
        answer.ExpectError(400);
        Assert.Equal(message, answer.Json.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_body_that_is_broken_before_it_is_deep_is_no_JSON()
    {
        var answer = await server.SendAsync("POST", "/v2/{p}/backuppolicy", $"{{ x {new string('[', 100)}");
        Assert.Equal("AutoBackup.0008", answer.ExpectError(400));
        Assert.Contains("the body is not JSON", answer.Text, StringComparison.Ordinal);
    }

    private async Task<Answer> SendAsync(byte[] body, string type, string? encoding = null)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/{server.Project}/backuppolicy") { Content = content };
        request.Headers.Add("X-Auth-Token", server.Token);
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
