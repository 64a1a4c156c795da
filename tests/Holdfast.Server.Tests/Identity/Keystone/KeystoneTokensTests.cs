using System.Collections.Concurrent;
using System.Net;
using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Server.Identity.Keystone;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>What an external Keystone is asked, how often, and what becomes of its silence. The Keystone is a script.</summary>
public sealed class KeystoneTokensTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ScriptedKeystone _keystone;
    private CatalogDatabase? _catalog;
    private KeystoneTokens _tokens = null!; // made in InitializeAsync

    public KeystoneTokensTests() => _keystone = new ScriptedKeystone(_clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _catalog = await CatalogDatabase.MigrateSqliteAsync(_folder["catalog.db"], Cancel);
        var settings = new KeystoneSettings { Url = new Uri("http://keystone.test/v3"), Username = "vbs", Password = "geheim", Project = "service", CacheSeconds = 60 };
        _tokens = new KeystoneTokens(settings, new KeystoneClient(settings, _keystone, _clock, NullLogger<KeystoneClient>.Instance), new ForeignProjects(_catalog, _clock), _clock);
    }

    public async ValueTask DisposeAsync()
    {
        _keystone.Dispose();
        await (_catalog?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Fact]
    public async Task An_answer_is_believed_for_its_time_and_not_longer()
    {
        var token = await _tokens.FindAsync("good", Cancel);
        Assert.Equal(("u1", "demo", "p1"), (token?.Account.Id.Value, token?.Account.Name, token?.Project?.Id.Value));
        Assert.Equal([Role.Member, Role.Reader], token?.Roles);
        _clock.Advance(TimeSpan.FromSeconds(59));
        await _tokens.FindAsync("good", Cancel);
        Assert.Equal((1, 1), (_keystone.Logins, _keystone.Validations));

        _keystone.Known.Remove("good", out _);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await _tokens.FindAsync("good", Cancel));
        Assert.Equal((1, 2), (_keystone.Logins, _keystone.Validations));
    }

    [Fact]
    public async Task A_token_is_never_believed_past_its_own_end()
    {
        _keystone.Known["short"] = TimeSpan.FromSeconds(10);
        Assert.NotNull(await _tokens.FindAsync("short", Cancel));
        _keystone.Known.Remove("short", out _);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(await _tokens.FindAsync("short", Cancel));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await _tokens.FindAsync("short", Cancel));
    }

    [Fact]
    public async Task Many_who_ask_at_once_make_one_question()
    {
        _keystone.Gate = new TaskCompletionSource();
        var asked = Enumerable.Range(0, 20).Select(_ => _tokens.FindAsync("good", Cancel).AsTask()).ToList();
        _keystone.Gate.SetResult();
        Assert.All(await Task.WhenAll(asked), Assert.NotNull);
        Assert.Equal((1, 1), (_keystone.Logins, _keystone.Validations));
    }

    [Fact]
    public async Task An_unknown_token_is_asked_for_again_after_a_few_seconds()
    {
        Assert.Null(await _tokens.FindAsync("new", Cancel));
        _keystone.Known["new"] = TimeSpan.FromHours(1);
        Assert.Null(await _tokens.FindAsync("new", Cancel));
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.NotNull(await _tokens.FindAsync("new", Cancel));
        Assert.Null(await _tokens.FindAsync("line\nbreak", Cancel));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(403)]
    [InlineData(0)]
    public async Task A_Keystone_that_fails_is_unavailable_and_what_is_believed_goes_on_to_be(int status)
    {
        await _tokens.FindAsync("good", Cancel);
        _keystone.Fault = status;
        Assert.NotNull(await _tokens.FindAsync("good", Cancel));
        var failed = await Assert.ThrowsAsync<HoldfastException>(() => _tokens.FindAsync("other", Cancel).AsTask());
        Assert.True(failed.IsTransient);
        Assert.DoesNotContain("geheim", failed.ToString(), StringComparison.Ordinal);

        _keystone.Fault = null;
        Assert.NotNull(await _tokens.FindAsync("good", Cancel));
        Assert.Null(await _tokens.FindAsync("other", Cancel));
    }

    [Fact]
    public async Task The_services_own_token_is_renewed_before_its_end_and_when_it_is_not_accepted()
    {
        await _tokens.FindAsync("good", Cancel);
        _clock.Advance(TimeSpan.FromMinutes(59.5));
        await _tokens.FindAsync("good", Cancel);
        Assert.Equal(2, _keystone.Logins);

        _keystone.RevokeOwn();
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.NotNull(await _tokens.FindAsync("good", Cancel));
        Assert.Equal(3, _keystone.Logins);
    }

    [Fact]
    public async Task A_wrong_password_of_the_service_is_its_trouble_and_not_the_callers()
    {
        _keystone.RefuseLogins = true;
        Assert.True((await Assert.ThrowsAsync<HoldfastException>(() => _tokens.FindAsync("good", Cancel).AsTask())).IsTransient);
    }

    /// <summary>As much of a Keystone as is asked.</summary>
    private sealed class ScriptedKeystone(TimeProvider clock) : HttpMessageHandler
    {
        private string _own = "own-0";

        public ConcurrentDictionary<string, TimeSpan> Known { get; } = new(new Dictionary<string, TimeSpan> { ["good"] = TimeSpan.FromDays(1) });

        public int Logins { get; private set; }

        public int Validations { get; private set; }

        /// <summary>A status that everything is answered with; 0 for no answer.</summary>
        public int? Fault { get; set; }

        public bool RefuseLogins { get; set; }

        public TaskCompletionSource? Gate { get; set; }

        public void RevokeOwn() => _own = "revoked";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await (Gate?.Task ?? Task.CompletedTask);
            if (Fault is { } status)
            {
                return status == 0 ? throw new HttpRequestException("connection refused") : new HttpResponseMessage((HttpStatusCode)status);
            }

            if (request.Method == HttpMethod.Post)
            {
                Logins++;
                Assert.Contains("\"geheim\"", await request.Content!.ReadAsStringAsync(cancellationToken), StringComparison.Ordinal);
                _own = $"own-{Logins}";
                var made = new HttpResponseMessage(RefuseLogins ? HttpStatusCode.Unauthorized : HttpStatusCode.Created) { Content = new StringContent(Body(TimeSpan.FromHours(1))) };
                made.Headers.Add("X-Subject-Token", _own);
                return made;
            }

            if (request.Headers.GetValues("X-Auth-Token").Single() != _own)
            {
                return new HttpResponseMessage(HttpStatusCode.Unauthorized);
            }

            Validations++;
            return Known.TryGetValue(request.Headers.GetValues("X-Subject-Token").Single(), out var life)
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Body(life)) }
                : new HttpResponseMessage(HttpStatusCode.NotFound);
        }

        private string Body(TimeSpan life) => $$$"""
            {"token": {"issued_at": "{{{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.ffffffZ}}}", "expires_at": "{{{clock.GetUtcNow() + life:yyyy-MM-ddTHH:mm:ss.ffffffZ}}}",
              "user": {"id": "u1", "name": "demo"}, "project": {"id": "p1", "name": "demo"}, "roles": [{"name": "member"}, {"name": "_member_"}, {"name": "reader"}, {"name": "other"}]}}
            """;
    }
}
