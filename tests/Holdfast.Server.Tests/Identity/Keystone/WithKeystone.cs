using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;
using Holdfast.Engine.Basics;
using Holdfast.Server.Identity.Keystone;
using Holdfast.Server.Settings;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>Tests of what is asked of a Keystone that is a script, by a clock that stands until it is moved.</summary>
public abstract class WithKeystone : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private CatalogDatabase? _catalog;

    private protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected ScriptedKeystone Keystone { get; private set; } = null!; // made in InitializeAsync

    private protected KeystoneTokens Tokens { get; private set; } = null!; // made in InitializeAsync

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _catalog = await CatalogDatabase.MigrateSqliteAsync(_folder["catalog.db"], Cancel);
        Keystone = new ScriptedKeystone(Clock);
        Tokens = Make(Settings(), Keystone);
    }

    public async ValueTask DisposeAsync()
    {
        Keystone.Dispose();
        await (_catalog?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static KeystoneSettings Settings() =>
        new()
        {
            Url = new Uri("http://keystone.test/v3"),
            Username = "vbs",
            Password = "geheim",
            Project = "service",
            CacheSeconds = 60,
            TimeoutSeconds = 10,
        };

    private protected KeystoneTokens Make(KeystoneSettings settings, HttpMessageHandler handler) =>
        new(
            settings,
            new KeystoneClient(settings, handler, Clock, NullLogger<KeystoneClient>.Instance),
            new ForeignProjects(_catalog ?? throw new InvalidOperationException("Not started."), Clock),
            Clock
        );

    private protected static async Task<string> UnavailableAsync(Task asked)
    {
        var failed = await Assert.ThrowsAsync<HoldfastException>(() =>
            asked.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel)
        );
        Assert.Equal(FailureKind.Unavailable, failed.Kind);
        Assert.DoesNotContain("geheim", failed.ToString(), StringComparison.Ordinal);
        return failed.Message;
    }
}
