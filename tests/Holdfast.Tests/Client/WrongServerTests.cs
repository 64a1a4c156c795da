using System.Net;
using System.Security.Authentication;
using Holdfast.Client;
using Holdfast.Running;

namespace Holdfast.Tests.Client;

/// <summary>An address that is not the service's is told as that, with what it should be.</summary>
public sealed class WrongServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_without_identity_names_the_one_that_the_service_names()
    {
        var peer = new ScriptedPeer().Answers(
            HttpStatusCode.Unauthorized,
            """{"unauthorized":{"code":401,"message":"the header X-Auth-Token is missing"}}""",
            ("WWW-Authenticate", "Keystone uri=\"http://h:8776/identity/v3\"")
        );

        var failed = await FailureAsync("http://h:8776/v3", peer);

        Assert.StartsWith("OS_AUTH_URL is http://h:8776/v3, and no identity service answers there", failed, StringComparison.Ordinal);
        Assert.Contains("That of the service there is http://h:8776/identity/v3.", failed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "null")]
    [InlineData(HttpStatusCode.OK, "[]")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.Unauthorized, "<html>")]
    [InlineData(HttpStatusCode.Forbidden, "")]
    [InlineData(HttpStatusCode.BadGateway, "<html>")]
    [InlineData(HttpStatusCode.MovedPermanently, "")]
    public async Task Whatever_a_wrong_server_says_the_address_is_named_with_its_ending(HttpStatusCode status, string body)
    {
        var failed = await FailureAsync("http://h:8776/v3", new ScriptedPeer().Answers(status, body));

        Assert.Contains("OS_AUTH_URL is http://h:8776/v3", failed, StringComparison.Ordinal);
        Assert.Contains("http://h:8776/identity/v3", failed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    [InlineData("<html>")]
    public async Task An_answer_that_is_no_object_is_told_as_of_another_server(string body)
    {
        var failed = await FailureAsync("http://h/v3", new ScriptedPeer().Authenticates("t").Answers(HttpStatusCode.OK, body));

        Assert.Contains("Is OS_AUTH_URL that of a Holdfast service?", failed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_grants_a_token_and_answers_null_is_told_too()
    {
        var peer = new ScriptedPeer().Answers(HttpStatusCode.Created, "null", ("X-Subject-Token", "t"));

        Assert.Contains("Is OS_AUTH_URL that of a Holdfast service?", await FailureAsync("http://h/v3", peer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_to_a_plain_server_says_how_the_address_begins()
    {
        var why = new HttpRequestException(
            HttpRequestError.SecureConnectionError,
            "see inner exception",
            new AuthenticationException("Cannot determine the frame size.")
        );

        var failed = await FailureAsync("https://h:8776/identity/v3", new ScriptedPeer().Fails(why));

        Assert.StartsWith("no TLS connection with https://h:8776: Cannot determine the frame size.", failed, StringComparison.Ordinal);
        Assert.Contains("begins with http://", failed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_to_a_server_of_tls_says_how_the_address_begins()
    {
        var why = new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely.");

        var failed = await FailureAsync("http://h:8776/identity/v3", new ScriptedPeer().Fails(why));

        Assert.Contains("begins with https://", failed, StringComparison.Ordinal);
    }

    private static async Task<string> FailureAsync(string address, ScriptedPeer peer)
    {
        var settings = new ApiSettings
        {
            AuthUrl = new Uri(address),
            User = "u",
            Password = "p",
            ProjectName = "default",
        };
        using var api = new HoldfastApi(new ApiConnection(settings, peer));
        return (await Assert.ThrowsAnyAsync<VerbFailedException>(() => api.ListPoliciesAsync(Cancel))).Message;
    }
}
