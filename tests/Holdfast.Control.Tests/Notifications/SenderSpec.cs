using System.Security.Cryptography;
using System.Text;
using Holdfast.Control.Notifications;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Notifications;

/// <summary>How messages reach a webhook: signed, tried again, given up, by one process at a time.</summary>
public abstract class SenderSpec : FlowSpec
{
    private const string Secret = "sixteen-or-more-characters";

    private readonly Receiver _receiver = new();
    private NotifyWorld _notify = null!; // made in OpenedAsync

    protected override async ValueTask OpenedAsync()
    {
        await base.OpenedAsync();
        _notify = new NotifyWorld(Bed.Database, World.Repository, Bed);
    }

    protected override async ValueTask CloseAsync()
    {
        _receiver.Dispose();
        _notify.Dispose();
        await base.CloseAsync();
    }

    [Fact]
    public async Task A_message_is_signed_and_written_down_as_delivered()
    {
        var target = await _notify.AddWebhookAsync(Project, $"{_receiver.Url}hooks?team=db", Secret);
        await TellAsync();
        await SendAsync();

        var got = Assert.Single(_receiver.All);
        var delivery = Assert.Single(await ListAsync());
        Assert.Equal(("/hooks?team=db", "volume_failed"), (got.Path, got.Headers["Holdfast-Event"]));
        Assert.Equal(delivery.Id.ToString(), got.Headers["Holdfast-Delivery"]);
        Assert.Equal(Bed.Now.ToUnixTimeSeconds(), long.Parse(got.Headers["Holdfast-Timestamp"]));
        var signed = Encoding.UTF8.GetBytes($"{got.Headers["Holdfast-Timestamp"]}.{got.Body}");
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed);
        Assert.Equal($"v1={Convert.ToHexStringLower(mac)}", got.Headers["Holdfast-Signature"]);
        Assert.Equal("volume_failed", NotifyMessage.FromJson(got.Body).Event);
        Assert.Equal((NotifyState.Delivered, 1), (delivery.State, delivery.Attempts));
        Assert.Equal((200, "taken"), (delivery.LastStatus, delivery.LastAnswer));
        Assert.Equal(target.Id, delivery.Target);
        Assert.DoesNotContain(Secret, string.Join(' ', await Bed.QueryAsync<string>("SELECT secret FROM notify_target")));
    }

    [Fact]
    public async Task One_that_was_refused_is_tried_again_later_under_the_same_id()
    {
        await _notify.AddWebhookAsync(Project, _receiver.Url, Secret);
        _receiver.Answers.Enqueue((500, null, new string('x', 5000)));
        await TellAsync();
        await SendAsync();
        var failed = Assert.Single(await ListAsync());
        Assert.Equal((NotifyState.Waiting, 500, 200), (failed.State, failed.LastStatus, failed.LastAnswer?.Length));
        Assert.InRange((failed.NextTryAt - Bed.Now)!.Value, TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(36));

        await SendAsync();
        Assert.Single(_receiver.All);
        Bed.Clock.Advance(TimeSpan.FromSeconds(36));
        await SendAsync();

        Assert.Equal(2, _receiver.All.Count);
        Assert.Single(_receiver.All.Select(one => one.Headers["Holdfast-Delivery"]).Distinct());
        Assert.Equal(NotifyState.Delivered, Assert.Single(await ListAsync()).State);
    }

    [Fact]
    public async Task After_about_a_day_it_is_given_up_and_that_is_shown_and_told()
    {
        await _notify.AddWebhookAsync(Project, "http://127.0.0.1:9/", Secret);
        await TellAsync();
        var began = Bed.Now;
        for (var i = 0; i < 100 && (await ListAsync())[0].State == NotifyState.Waiting; i++)
        {
            await SendAsync();
            Bed.Clock.Advance((await ListAsync())[0].NextTryAt - Bed.Now ?? TimeSpan.Zero);
        }

        var given = Assert.Single(await ListAsync());
        Assert.Equal((NotifyState.GivenUp, NotifyDeliveries.MostAttempts, (int?)null), (given.State, given.Attempts, given.LastStatus));
        Assert.InRange(Bed.Now - began, TimeSpan.FromHours(16), TimeSpan.FromHours(25));
        Assert.NotEmpty(given.LastAnswer ?? "");
        await _notify.Watcher.LookAsync(Bed.Now, Cancel);
        Bed.Clock.Advance(TimeSpan.FromDays(1));
        await _notify.Watcher.LookAsync(Bed.Now, Cancel);
        var payloads = await Bed.QueryAsync<string>("SELECT payload FROM notify_delivery WHERE event = 11");
        Assert.Contains(payloads.Select(NotifyMessage.FromJson), digest => digest.Digest?.GivenUp == 1);

        Bed.Clock.Advance(NotifyDeliveries.Kept);
        await SendAsync();
        Assert.DoesNotContain(given.Id, (await ListAsync()).Select(one => one.Id));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var elsewhere = new Receiver();
        await _notify.AddWebhookAsync(Project, _receiver.Url, Secret);
        _receiver.Answers.Enqueue((302, elsewhere.Url, ""));
        await TellAsync();
        await SendAsync();

        Assert.Empty(elsewhere.All);
        var delivery = Assert.Single(await ListAsync());
        Assert.Equal((NotifyState.Waiting, 302), (delivery.State, delivery.LastStatus));
        Assert.Contains("redirect", delivery.LastAnswer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_given_ten_seconds()
    {
        _receiver.IsSilent = true;
        await _notify.AddWebhookAsync(Project, _receiver.Url, Secret);
        await TellAsync();
        var sending = SendAsync();
        await _receiver.Came.Task.WaitAsync(Cancel);
        Assert.False(sending.IsCompleted);
        Bed.Clock.Advance(NotifyPost.Patience);
        await sending;

        var delivery = Assert.Single(await ListAsync());
        Assert.Equal((NotifyState.Waiting, (int?)null), (delivery.State, delivery.LastStatus));
        Assert.Contains("within 10 s", delivery.LastAnswer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_gives_the_message_back()
    {
        _receiver.IsSilent = true;
        await _notify.AddWebhookAsync(Project, _receiver.Url, Secret);
        await TellAsync();
        using var stop = new CancellationTokenSource();
        var sending = _notify.Sender.RunOnceAsync(Bed.Now, stop.Token);
        await _receiver.Came.Task.WaitAsync(Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);

        Assert.Equal((NotifyState.Waiting, 0), (Assert.Single(await ListAsync()).State, (await ListAsync())[0].Attempts));
        _receiver.IsSilent = false;
        await SendAsync();
        Assert.Equal(NotifyState.Delivered, Assert.Single(await ListAsync()).State);
    }

    [Fact]
    public async Task Two_senders_at_once_send_each_message_once_and_one_that_died_is_followed_by_another()
    {
        for (var i = 0; i < 5; i++)
        {
            await _notify.AddWebhookAsync(Project, _receiver.Url, Secret, $"target-{i}");
        }

        await TellAsync();
        Assert.NotNull(await _notify.Deliveries.ClaimAsync("one that dies", Bed.Now, Cancel));
        await using var database = Bed.OpenAnother();
        using var other = new NotifyWorld(database, World.Repository, Bed);
        await Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => Task.Run(() => (i % 2 == 0 ? other : _notify).Sender.RunOnceAsync(Bed.Now, Cancel)))
        );
        Assert.Equal(4, _receiver.All.Count);
        Assert.Equal(4, _receiver.All.Select(one => one.Headers["Holdfast-Delivery"]).Distinct().Count());

        Bed.Clock.Advance(NotifyDeliveries.Lease);
        await SendAsync();
        Assert.Equal(5, _receiver.All.Select(one => one.Headers["Holdfast-Delivery"]).Distinct().Count());
        Assert.All(await ListAsync(), one => Assert.Equal(NotifyState.Delivered, one.State));
    }

    [Fact]
    public async Task A_test_is_sent_at_once_and_says_what_was_answered()
    {
        var target = await _notify.AddWebhookAsync(Project, _receiver.Url, Secret);
        _receiver.Answers.Enqueue((403, null, "who are you?"));
        Assert.Equal(new SendResult(false, 403, "who are you?"), await _notify.Test.RunAsync(Project, target.Id, Cancel));
        Assert.Equal(new SendResult(true, 200, "taken"), await _notify.Test.RunAsync(Project, target.Id, Cancel));

        Assert.Equal([NotifyState.Delivered, NotifyState.GivenUp], (await ListAsync()).Select(one => one.State));
        Assert.All(await ListAsync(), one => Assert.Equal(NotifyEvent.Test, one.Event));
        Assert.Null(await _notify.Test.RunAsync(new ProjectId("other"), target.Id, Cancel));
    }

    [Fact]
    public async Task A_test_of_a_target_that_is_removed_meanwhile_ends_and_is_written_down_nowhere()
    {
        _receiver.IsSilent = true;
        var target = await _notify.AddWebhookAsync(Project, _receiver.Url, Secret);
        var testing = _notify.Test.RunAsync(Project, target.Id, Cancel);
        await _receiver.Came.Task.WaitAsync(Cancel);
        Assert.True(await _notify.Targets.RemoveAsync(Project, target.Id, Cancel));
        Bed.Clock.Advance(NotifyPost.Patience);

        Assert.Contains("within 10 s", (await testing)!.Answer, StringComparison.Ordinal);
        Assert.Empty(await ListAsync());
    }

    private async Task TellAsync()
    {
        await Bed.ExecuteAsync(
            "INSERT INTO volume_outcome (volume_id, job_id, ended_at, failures, fail_code, fail_reason) "
                + "VALUES (@volume, 'j', 1, 1, 'c', 'r')",
            new { volume = Volume.Id.ToString() }
        );
        await _notify.Watcher.LookAsync(Bed.Now, Cancel);
    }

    private Task<bool> SendAsync() => _notify.Sender.RunOnceAsync(Bed.Now, Cancel);

    private Task<IReadOnlyList<NotifyDelivery>> ListAsync() => _notify.Deliveries.ListAsync(Project, null, 100, Cancel);
}

public sealed class SenderOnSqlite(CatalogTemplates templates) : SenderSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class SenderOnPostgres(CatalogTemplates templates) : SenderSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
