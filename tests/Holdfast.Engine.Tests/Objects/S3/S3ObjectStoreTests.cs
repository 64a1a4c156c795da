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
        {
            await using var store = Open(address);
            await foreach (var entry in store.ListAsync("", default))
                await store.DeleteAsync(entry.Key, default);
        }
    }

    protected override IObjectStore OpenEmpty()
    {
        var address = Server.NewAddress();
        _used.Add(address);
        return Open(address);
    }

    [Fact]
    public async Task The_race_finds_the_class_that_its_makers_say()
    {
        await using var store = (S3ObjectStore)OpenEmpty();

        Assert.Equal(Server.Class, (await store.AskClassAsync(Cancel)).Letter());
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
        await using var store = new S3ObjectStore(Server.NewAddress(), new StoreCredentials("AKIAWRONGWRONG", "s3cr3ts3cr3t"), TimeProvider.System);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(new("config"), Cancel));

        Assert.Equal(FailureKind.Refused, e.Kind);
        Assert.DoesNotContain("WRONG", e.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_named()
    {
        var address = Server.NewAddress() with { Bucket = "holdfast-none" };
        await using var store = new S3ObjectStore(address, Server.Credentials, TimeProvider.System);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () =>
            await store.PutIfAbsentAsync(new("config"), Pieces("x"), Cancel)
        );

        Assert.Contains("holdfast-none", e.Message, StringComparison.Ordinal);
    }

    private S3ObjectStore Open(S3Address address) => new(address, Server.Credentials, TimeProvider.System);
}

public sealed class S3ObjectStoreOnCephTests() : S3ObjectStoreTests("ceph");

public sealed class S3ObjectStoreOnSwiftTests() : S3ObjectStoreTests("swift");

public sealed class S3ObjectStoreOnMotoTests() : S3ObjectStoreTests("moto");

public sealed class S3ObjectStoreOnS3rverTests() : S3ObjectStoreTests("s3rver");
