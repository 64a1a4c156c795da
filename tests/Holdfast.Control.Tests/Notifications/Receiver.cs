using System.Collections.Concurrent;
using System.Net;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Notifications;

/// <summary>What a webhook reached.</summary>
internal sealed record Received(IReadOnlyDictionary<string, string> Headers, string Path, string Body);

/// <summary>A receiver of webhooks on a port of the loopback. Answers 200 unless told otherwise.</summary>
internal sealed class Receiver : IDisposable
{
    private readonly HttpListener _listener;
    private readonly TaskCompletionSource _released = new();

    public Receiver()
    {
        (_listener, Url) = LoopbackListener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    public ConcurrentQueue<Received> All { get; } = [];

    /// <summary>What the next requests are answered with; once it is empty, 200.</summary>
    public ConcurrentQueue<(int Status, string? Location, string Body)> Answers { get; } = [];

    /// <summary>Whether requests are taken and not answered.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Ends when a request has come.</summary>
    public TaskCompletionSource Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        _released.TrySetResult();
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var all = context.Request.Headers;
            var headers = all.AllKeys.OfType<string>().ToDictionary(key => key, key => all[key] ?? "");
            All.Enqueue(new Received(headers, context.Request.RawUrl ?? "", await reader.ReadToEndAsync()));
            Came.TrySetResult();
            if (IsSilent)
            {
                _ = _released.Task.ContinueWith(_ => context.Response.Abort(), TaskScheduler.Default);
                continue;
            }

            var (status, location, body) = Answers.TryDequeue(out var next) ? next : (200, null, "taken");
            context.Response.StatusCode = status;
            context.Response.RedirectLocation = location;
            await context.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }
}
