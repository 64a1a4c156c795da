using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.S3;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.S3;

/// <summary>Requests that fail now and then, and a server that is away for a while: what was begun ends, and ends right.</summary>
public sealed class S3FaultTests
{
    private static readonly RetryOptions Quick = new() { FirstDelay = TimeSpan.FromMilliseconds(1) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Which requests fail is decided on this side of the wire, so one real server shows what there is to see; the rarer the
    /// failures, the longer it takes to meet some.</summary>
    /// <param name="share">Failing requests of a thousand.</param>
    [Theory]
    [InlineData("ceph", 10)]
    [InlineData("ceph", 50)]
    [InlineData("moto", 50)]
    [InlineData("s3rver", 50)]
    public async Task Backups_and_restores_end_right_where_requests_fail(string name, int share)
    {
        FaultHandler? faults = null;
        await using var store = Open(name, sends => faults = new FaultHandler(sends, share, seed: share));
        await using var repository = await BucketRepository.MakeAsync(store);

        var rounds = 0;
        do
        {
            await repository.BackUpAndRestoreAsync(seed: ++rounds);
        } while (faults?.Failures < 3);

        Assert.Equal(rounds, await repository.Open.ListAsync(Cancel).CountAsync(Cancel));
        await RemoveAllAsync(store);
    }

    [Theory]
    [InlineData("ceph")]
    [InlineData("moto")]
    [InlineData("s3rver")]
    public async Task A_server_that_goes_away_in_the_middle_is_waited_for(string name)
    {
        FaultHandler? faults = null;
        await using var store = Open(name, sends => faults = new FaultHandler(sends, share: 0, seed: 1));
        await using var repository = await BucketRepository.MakeAsync(store);
        await repository.BackUpAndRestoreAsync(seed: 1);

        faults?.BeginOutage(15);
        await repository.BackUpAndRestoreAsync(seed: 2);

        Assert.True(faults?.Failures >= 15, "the outage was not met");
        Assert.InRange(store.Failures.Total, 15, store.Requests.Total - 1);
        await RemoveAllAsync(store);
    }

    [Fact]
    public async Task A_request_that_was_given_up_does_not_read_on_in_memory_that_is_the_callers_again()
    {
        var handler = new AbandonedSending();
        await using var store = new S3ObjectStore(
            S3Address.Parse("s3://bucket/p?endpoint=http://127.0.0.1:9"),
            new StoreCredentials("a", "b"),
            TimeProvider.System,
            new RetryOptions { Longest = TimeSpan.Zero, LongestBeforeAnyAnswer = TimeSpan.Zero },
            _ => handler
        );
        using var content = new GuardedMemory(1 << 20);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () =>
            await store.PutIfAbsentAsync(new("data/x"), content.Content, Cancel)
        );
        content.Close();
        handler.GoOn.SetResult();
        await handler.Sending;

        Assert.Equal(FailureKind.Unavailable, e.Kind);
        // That the mark is there already is an answer.
        Assert.Equal((2, 1), (store.Requests.Puts, store.Failures.Puts));
        Assert.True(handler.ReadMore is not null, "nothing was read afterwards, so nothing was tried");
        Assert.Equal(0, content.TouchedAfterwards);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up()
    {
        await using var store = new S3ObjectStore(
            S3Address.Parse("s3://bucket/p?endpoint=http://127.0.0.1:9"),
            new StoreCredentials("a", "b"),
            TimeProvider.System,
            new RetryOptions { Longest = TimeSpan.Zero, LongestBeforeAnyAnswer = TimeSpan.Zero },
            _ => new Silent()
        );
        store.Connection.LimitOf = _ => TimeSpan.FromMilliseconds(50);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(new("config"), Cancel));

        Assert.Equal(FailureKind.Unavailable, e.Kind);
        Assert.Contains("no answer within", e.Message, StringComparison.Ordinal);
        Assert.Equal((1, 1), (store.Requests.Heads, store.Failures.Heads));
    }

    private static S3ObjectStore Open(string name, Func<HttpMessageHandler, HttpMessageHandler> wrap)
    {
        var server = S3Servers.Find(name);
        Assert.SkipWhen(server is null, $"{S3Servers.Variable} names no server '{name}'");
        return new S3ObjectStore(
            server?.NewAddress() ?? throw new InvalidOperationException("It was skipped."),
            server.Credentials,
            TimeProvider.System,
            Quick,
            wrap
        );
    }

    private static async Task RemoveAllAsync(S3ObjectStore store)
    {
        await foreach (var entry in store.ListAsync("", Cancel))
            await store.DeleteAsync(entry.Key, Cancel);
    }

    /// <summary>Answers that the mark is there; of any other put it reads a little, fails, and reads on in the background.</summary>
    private sealed class AbandonedSending : HttpMessageHandler
    {
        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Sending { get; private set; } = Task.CompletedTask;

        public Exception? ReadMore { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri?.AbsolutePath.Contains(".holdfast", StringComparison.Ordinal) == true)
                return new HttpResponseMessage(System.Net.HttpStatusCode.PreconditionFailed) { RequestMessage = request };

            var body = await (request.Content ?? throw new InvalidOperationException("A put has a body.")).ReadAsStreamAsync(
                CancellationToken.None
            );
            Sending = ReadOnAsync(body);
            throw new HttpRequestException("The connection was cut.");
        }

        private async Task ReadOnAsync(Stream body)
        {
            await GoOn.Task;
            try
            {
                await body.CopyToAsync(Stream.Null, CancellationToken.None);
                ReadMore = new InvalidOperationException("It was all read.");
            }
            catch (Exception e)
            {
                ReadMore = e;
            }
        }
    }

    private sealed class Silent : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("It was waited for.");
        }
    }
}
