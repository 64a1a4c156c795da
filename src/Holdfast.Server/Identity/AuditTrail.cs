using System.Collections.Concurrent;
using Holdfast.Control;
using Holdfast.Control.Audit;
using Holdfast.Control.Loops;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Identity;

/// <summary>A request that may change something, by somebody who is known.</summary>
internal sealed class AuditedRequest(Account actor, ProjectId? project)
{
    private readonly ConcurrentQueue<string> _details = new();

    public Account Actor => actor;

    public ProjectId? Project => project;

    /// <summary>Of the row that says that it was about to be carried out; null where it was refused before.</summary>
    public long? Began { get; set; }

    /// <summary>Whether what came of it is in the log, or waits to be written there.</summary>
    public bool IsTold { get; set; }

    public string? Details => _details.IsEmpty ? null : string.Join("; ", _details);

    public void Tell(string text) => _details.Enqueue(text);
}

/// <summary>
/// Keeps the audit log of requests: a row before a change is carried out, without which it is not, and one with what came of it, which
/// follows soon. So a process that is killed between both leaves the first. See docs/decisions/0033-the-audit-log.md.
/// </summary>
internal sealed class AuditTrail(AuditStore store, TimeProvider clock, ILogger<AuditTrail> log) : LoopService(clock, log)
{
    /// <summary>Events in one transaction.</summary>
    private const int Batch = 100;

    /// <summary>With so many waiting, who adds one writes them first.</summary>
    private const int MostWaiting = 1000;

    private readonly ConcurrentQueue<AuditEvent> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly WakeSignal _added = new();

    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    protected override WakeSignal? Signal => _added;

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        await WriteWaitingAsync(cancel);
        return false;
    }

    /// <summary>Says who sent a request. Looking at something is not remembered.</summary>
    public static void Know(HttpContext context, Account actor, ProjectId? project)
    {
        var method = context.Request.Method;
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method))
        {
            context.Features.Set(new AuditedRequest(actor, project));
        }
    }

    /// <summary>Before a request is carried out that may change something. A catalog that cannot take this refuses the change.</summary>
    public async Task BeginAsync(HttpContext context)
    {
        if (context.Features.Get<AuditedRequest>() is { } request && context.GetEndpoint() is RouteEndpoint)
        {
            request.Began = await store.AddAsync([Of(context, request) with { Kind = AuditKind.Begun }], context.RequestAborted);
        }
    }

    /// <summary>Around all that answers a request: what came of it. It waits to be written before the answer goes out: whoever has seen
    /// that, and lists the log, finds it there.</summary>
    public async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() => EndAsync(context));
        try
        {
            await next(context);
        }
        finally
        {
            await EndAsync(context);
        }
    }

    /// <summary>Somebody has shown who they are by a password. Written before they are given a token.</summary>
    public Task SignedInAsync(HttpContext context, Account account, ProjectId? project) =>
        store.AddAsync(
            [
                new AuditEvent
                {
                    Kind = AuditKind.Done,
                    ActorId = account.Id.Value,
                    ActorName = account.Name,
                    Source = RemoteAddress.Of(context).ToString(),
                    Project = project?.Value,
                    Action = "sign-in",
                    Status = StatusCodes.Status201Created,
                },
            ],
            context.RequestAborted
        );

    /// <summary>Somebody has tried to get in and did not. How often that is told is for the caller to bound.</summary>
    /// <param name="source">Null where it tells of several.</param>
    public void Refused(string name, string? source, string details)
    {
        if (_waiting.Count >= MostWaiting)
        {
            return; // the catalog takes none; the service's own log has it
        }

        _waiting.Enqueue(
            new AuditEvent
            {
                Kind = AuditKind.Done,
                ActorName = name,
                Source = source,
                Action = "sign-in.failed",
                Status = StatusCodes.Status401Unauthorized,
                Details = details,
            }
        );
        _added.Wake();
    }

    /// <summary>Writes what waits. Of several who call it each finds all written that waited before.</summary>
    public async Task WriteWaitingAsync(CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            while (_waiting.Take(Batch).ToList() is { Count: > 0 } events)
            {
                await store.AddAsync(events, cancel);
                for (var i = 0; i < events.Count; i++)
                {
                    _waiting.TryDequeue(out _);
                }
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>After the last request. That an outcome cannot be written keeps no service from ending.</summary>
    public async Task WriteAtEndAsync()
    {
        try
        {
            await WriteWaitingAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            ServerLog.AuditNotWritten(log, e, _waiting.Count);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _writing.Dispose();
    }

    private async Task EndAsync(HttpContext context)
    {
        if (context.Features.Get<AuditedRequest>() is not { IsTold: false } request)
        {
            return;
        }

        request.IsTold = true;
        await AddAsync(
            Of(context, request) with
            {
                Kind = request.Began is null ? AuditKind.Done : AuditKind.Ended,
                Began = request.Began,
                Status = context.Response.StatusCode,
                Code = context.Features.Get<ToldError>()?.Code,
                Details = request.Details,
            }
        );
    }

    private async Task AddAsync(AuditEvent told)
    {
        _waiting.Enqueue(told);
        _added.Wake();
        if (_waiting.Count > MostWaiting)
        {
            await WriteAtEndAsync();
        }
    }

    private static AuditEvent Of(HttpContext context, AuditedRequest request)
    {
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        var ids = context.Request.RouteValues.Where(value => value.Key != "project").Select(value => $"{value.Key}={value.Value}");
        return new AuditEvent
        {
            Kind = AuditKind.Begun,
            ActorId = request.Actor.Id.Value,
            ActorName = request.Actor.Name,
            Source = RemoteAddress.Of(context).ToString(),
            Project = (context.Features.Get<Caller>()?.Project ?? request.Project)?.Value,
            Action = $"{context.Request.Method} {endpoint?.RoutePattern.RawText ?? "(nothing is there)"}",
            Target = string.Join(' ', ids) is { Length: > 0 } text ? text : null,
        };
    }
}

internal static class AuditTrailExtensions
{
    /// <summary>Adds names and ids to what the audit log tells of a request. Never a secret.</summary>
    public static void TellAudit(this HttpContext context, string text) => context.Features.Get<AuditedRequest>()?.Tell(text);
}
