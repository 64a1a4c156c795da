using Holdfast.Control.Catalog;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>A service that works off none of its jobs, behind a proxy: what is ordered stays ordered.</summary>
public sealed class IdleServer : IAsyncLifetime
{
    public const string PublicUrl = "https://backup.example.com/vbs";

    private TestServer? _server;

    public TestServer Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(("HOLDFAST_Jobs__Workers", "0"), ("HOLDFAST_PublicUrl", PublicUrl));

    /// <summary>Orders a backup of a new volume.</summary>
    public async Task<(string Volume, string Backup)> OrderBackupAsync(string name)
    {
        var volume = await Server.AddVolumeAsync(name);
        var backup = (
            await Server.SendAsync("POST", "/v3/{p}/backups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "{{name}}"} }""")
        )
            .Expect(202)
            .GetProperty("backup");
        return (volume, backup.GetProperty("id").GetString() ?? "");
    }

    /// <summary>Writes what a job would have left: the state of a backup, and no job that is open.</summary>
    public async Task LeaveAsync(string backup, int status)
    {
        await using var tx = await Server
            .Server.Services.GetRequiredService<CatalogDatabase>()
            .BeginAsync(TestContext.Current.CancellationToken);
        await tx.ExecuteAsync("DELETE FROM job WHERE backup_id = @backup", new { backup }, TestContext.Current.CancellationToken);
        await tx.ExecuteAsync(
            "UPDATE backup SET status = @status, available_at = created_at, fail_code = CASE WHEN @status > 4 THEN 'x' END, fail_reason "
                + "= CASE WHEN @status > 4 THEN 'x' END WHERE id = @backup",
            new { backup, status },
            TestContext.Current.CancellationToken
        );
        await tx.CommitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
