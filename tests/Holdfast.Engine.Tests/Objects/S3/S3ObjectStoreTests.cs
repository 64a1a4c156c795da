using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.S3;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.S3;

/// <summary>The contract of stores, and what is S3's own, on a real server.</summary>
public abstract class S3ObjectStoreTests(string server) : ObjectStoreSpec, IAsyncLifetime
{
    private readonly List<S3Address> _used = [];

    protected override bool KeepsRaces => Server.Class == "A";

    private S3Server Server
    {
        get
        {
            var found = S3Servers.Find(server);
            Assert.SkipWhen(found is null, $"{S3Servers.Variable} names no server '{server}'");
            return found ?? throw new InvalidOperationException("It was skipped.");
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var address in _used)
            await Server.EmptyAsync(address);
    }

    protected override IObjectStore OpenEmpty()
    {
        var address = Server.NewAddress();
        _used.Add(address);
        return Open(address);
    }

    /// <summary>One server is asked for pages as long as it likes; to put so many objects takes the others minutes.</summary>
    protected override int MoreThanAPage(IObjectStore store)
    {
        if (server == "ceph")
            return base.MoreThanAPage(store);

        ((S3ObjectStore)store).Connection.PageSize = 20;
        return 70;
    }

    [Fact]
    public async Task The_race_finds_the_class_that_its_makers_say()
    {
        await using var store = (S3ObjectStore)OpenEmpty();

        Assert.Contains((await store.AskClassAsync(Cancel)).Letter(), Server.Class, StringComparison.Ordinal);
        Assert.Empty(await ListAsync(store, ""));
    }

    [Fact]
    public async Task A_repository_is_made_backed_up_into_and_restored_from()
    {
        await using var store = OpenEmpty();
        await using var repository = await BucketRepository.MakeAsync(store);

        await repository.BackUpAndRestoreAsync(seed: 1);
        await repository.BackUpAndRestoreAsync(seed: 2);
    }

    [Fact]
    public async Task Credentials_that_are_wrong_are_refused_and_not_told()
    {
        Assert.SkipWhen(Server.Name is "moto", "moto takes any");
        await using var store = new S3ObjectStore(
            Server.NewAddress(),
            new StoreCredentials("AKIAWRONGWRONG", "s3cr3ts3cr3t"),
            TimeProvider.System
        );

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(new("config"), Cancel));

        Assert.Equal(FailureKind.Refused, e.Kind);
        Assert.DoesNotContain("WRONG", e.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_writers_enter_and_leave_and_one_that_is_alone_is_alone()
    {
        Assert.SkipUnless(KeepsRaces, "it cannot keep writers apart");
        var address = Server.NewAddress();
        var (inside, alone, most) = (0, 0, 0);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 12),
            new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Cancel },
            async (writer, cancel) =>
            {
                await using var store = Open(address);
                var exclusive = writer % 4 == 3;
                try
                {
                    await using var held = await store.LockAsync(exclusive, cancel);
                    var now = Interlocked.Increment(ref inside);
                    Interlocked.Exchange(ref most, Math.Max(Volatile.Read(ref most), now));
                    if (exclusive)
                        Interlocked.Increment(ref alone);

                    await store.FindSizeAsync(new("config"), cancel);
                    Assert.True(Volatile.Read(ref alone) == 0 || Volatile.Read(ref inside) == 1, "one that is alone is not alone");
                    if (exclusive)
                        Interlocked.Decrement(ref alone);

                    Interlocked.Decrement(ref inside);
                }
                catch (HoldfastException e) when (e.Kind == FailureKind.Busy)
                {
                    // As it should be, where somebody is in.
                }
            }
        );

        await using var last = Open(address);
        await (await last.LockAsync(exclusive: true, Cancel)).DisposeAsync();
        Assert.True(most > 0, "nobody got in");
    }

    [Fact]
    public async Task A_store_that_cannot_keep_writers_apart_gives_a_lock_on_a_persons_word_only()
    {
        Assert.SkipWhen(Server.Class.Contains('A', StringComparison.Ordinal), "it can, or may be found to");
        await using var store = (S3ObjectStore)OpenEmpty();

        var refused = await Assert.ThrowsAsync<HoldfastException>(async () => await store.LockAsync(exclusive: false, Cancel));
        store.TakeAsAlone();

        Assert.Equal(FailureKind.Refused, refused.Kind);
        await (await store.LockAsync(exclusive: true, Cancel)).DisposeAsync();
    }

    [Fact]
    public async Task A_writer_that_died_keeps_prune_out_until_a_person_breaks_its_lock()
    {
        Assert.SkipUnless(KeepsRaces, "it cannot keep writers apart");
        var address = Server.NewAddress();
        await using var dead = Open(address);
        await dead.LockAsync(exclusive: false, Cancel);
        await using var store = Open(address);

        var busy = await Assert.ThrowsAsync<HoldfastException>(async () => await store.LockAsync(exclusive: true, Cancel));
        var id = busy.Message[(busy.Message.IndexOf("--break-lock ", StringComparison.Ordinal) + "--break-lock ".Length)..].TrimEnd('.');
        Assert.Null(await store.BreakLockAsync("00000000", Cancel));
        var broken = await store.BreakLockAsync(id, Cancel);

        Assert.Equal((Environment.ProcessId, false), (broken?.Process, broken?.Exclusive));
        await (await store.LockAsync(exclusive: true, Cancel)).DisposeAsync();
    }

    [Fact]
    public async Task A_writer_that_slept_before_it_entered_is_in_the_newest_page_or_not_in_at_all()
    {
        Assert.SkipUnless(KeepsRaces, "it cannot keep writers apart");
        var address = Server.NewAddress();
        await using var others = Open(address);
        var sleep = new Sleep(async () =>
        {
            // Long enough for the number that the sleeper is about to put to be used, and deleted.
            for (var i = 0; i < 2; i++)
                await (await others.LockAsync(exclusive: true, Cancel)).DisposeAsync();
        });
        await using var sleeper = new S3ObjectStore(
            address,
            Server.Credentials,
            TimeProvider.System,
            RetryOptions.Standard,
            sends =>
            {
                sleep.InnerHandler = sends;
                return sleep;
            }
        );

        await using (await sleeper.LockAsync(exclusive: false, Cancel))
        {
            Assert.True(sleep.Slept, "nobody slept, so nothing was tried");
            var busy = await Assert.ThrowsAsync<HoldfastException>(async () => await others.LockAsync(exclusive: true, Cancel));
            Assert.Equal(FailureKind.Busy, busy.Kind);
        }

        await (await others.LockAsync(exclusive: true, Cancel)).DisposeAsync();
    }

    [Fact]
    public async Task A_class_is_asked_once_and_believed_of_this_place_only()
    {
        var (here, elsewhere) = (OpenEmpty(), OpenEmpty());
        await using (here)
        await using (elsewhere)
        {
            await using var repository = await BucketRepository.MakeAsync(here);
            Assert.Null(await repository.Open.FindStoreClassAsync(Cancel));

            var asked = await repository.Open.KnowStoreClassAsync(Cancel);
            var puts = ((ICountedStore)here).Requests.Puts;
            Assert.Equal(asked, await repository.Open.KnowStoreClassAsync(Cancel));

            Assert.Contains(asked?.Class.Letter() ?? "none", Server.Class, StringComparison.Ordinal);
            Assert.Equal(puts, ((ICountedStore)here).Requests.Puts);

            // Carried to another place, or changed, it is believed no more.
            var note = await ((IProbedStore)here).ReadNoteAsync(Cancel) ?? [];
            await ((IProbedStore)elsewhere).WriteNoteAsync(note, Cancel);
            await using var other = await repository.OpenInAsync(elsewhere);
            Assert.Null(await other.FindStoreClassAsync(Cancel));
            for (var at = 0; at < note.Length; at++)
            {
                var changed = note.ToArray();
                changed[at] ^= 0x01;
                await ((IProbedStore)here).WriteNoteAsync(changed, Cancel);
                Assert.Null(await repository.Open.FindStoreClassAsync(Cancel));
                at += note.Length / 8;
            }
        }
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_named()
    {
        var address = Server.NewAddress() with { Bucket = "holdfast-none" };
        await using var store = new S3ObjectStore(address, Server.Credentials, TimeProvider.System);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.PutIfAbsentAsync(new("config"), Pieces("x"), Cancel));

        Assert.Contains("holdfast-none", e.Message, StringComparison.Ordinal);
    }

    private S3ObjectStore Open(S3Address address) => new(address, Server.Credentials, TimeProvider.System);

    /// <summary>Does something before the first page of the ledger is put.</summary>
    private sealed class Sleep(Func<Task> meanwhile) : DelegatingHandler
    {
        public bool Slept { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!Slept && request.Method == HttpMethod.Put && request.RequestUri?.AbsolutePath.Contains("/ledger-") == true)
            {
                Slept = true;
                await meanwhile();
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}

public sealed class S3ObjectStoreOnCephTests() : S3ObjectStoreTests("ceph");

public sealed class S3ObjectStoreOnSwiftTests() : S3ObjectStoreTests("swift");

public sealed class S3ObjectStoreOnMotoTests() : S3ObjectStoreTests("moto");

public sealed class S3ObjectStoreOnS3rverTests() : S3ObjectStoreTests("s3rver")
{
    /// <summary>It writes over the file that holds the object.</summary>
    protected override bool ReplacesWhole => false;
}
