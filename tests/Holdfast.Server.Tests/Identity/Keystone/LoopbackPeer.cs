using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>An HTTP server of the test's own on a port of loopback, for what only a real connection shows.</summary>
internal sealed class LoopbackPeer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackPeer(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(context =>
        {
            Requests.Enqueue($"{context.Request.Method} {context.Request.Path} cookie={context.Request.Headers.Cookie}");
            return answer(context);
        });
    }

    public ConcurrentQueue<string> Requests { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<LoopbackPeer> StartAsync(Func<HttpContext, Task> answer, CancellationToken cancel)
    {
        var peer = new LoopbackPeer(answer);
        await peer._app.StartAsync(cancel);
        return peer;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
