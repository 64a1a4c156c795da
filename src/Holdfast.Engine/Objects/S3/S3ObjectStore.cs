using System.Buffers;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>
/// Objects in a bucket of an object store that speaks S3. Requests that fail are tried again for a bounded time; each has a limit of its
/// own. What the store keeps for itself (whether conditions are kept, its class, the ledger of its writers) lies under
/// <c>.holdfast/</c>, which no listing shows. See docs/stores.md.
/// </summary>
public sealed class S3ObjectStore : IObjectStore, ILockableStore, IProbedStore, ICountedStore
{
    private const string Note = ".holdfast/class";

    private readonly S3Connection _s3;
    private readonly S3Objects _objects;
    private readonly RetryingObjectStore _retrying;
    private readonly Retries _retries;
    private readonly S3Ledger _ledger;
    private volatile bool _isAlone;

    /// <summary>Asks nothing of the server yet.</summary>
    /// <param name="credentials">Null for those of the environment, or what the library finds.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when there are no credentials.</exception>
    public S3ObjectStore(S3Address address, StoreCredentials? credentials, TimeProvider clock)
        : this(address, credentials, clock, RetryOptions.Standard, wrap: null) { }

    /// <param name="wrap">Puts a handler around the one that sends, for tests that make requests fail.</param>
    internal S3ObjectStore(
        S3Address address,
        StoreCredentials? credentials,
        TimeProvider clock,
        RetryOptions retries,
        Func<HttpMessageHandler, HttpMessageHandler>? wrap
    )
    {
        _s3 = new S3Connection(address, credentials, clock, wrap);
        _retries = new Retries(retries, clock);
        _objects = new S3Objects(_s3, _retries);
        _retrying = new RetryingObjectStore(_objects, _retries);
        _ledger = new S3Ledger(_s3, _retries, clock);
    }

    /// <summary>The address.</summary>
    public string Name => _s3.Name;

    public StoreRequests Requests => _s3.Requests;

    public StoreRequests Failures => _s3.Failures;

    /// <summary>For tests that are not to wait.</summary>
    internal S3Connection Connection => _s3;

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        _retrying.PutIfAbsentAsync(key, content, cancel);

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        _retrying.ReplaceAsync(key, content, cancel);

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
        _retrying.ReadAsync(key, offset, into, cancel);

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) => _retrying.FindSizeAsync(key, cancel);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel) => _retrying.ListAsync(prefix, cancel);

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => _retrying.DeleteAsync(key, cancel);

    /// <summary>Enters the ledger. Only for a store of class A; the process that ends without leaving stays in it until somebody breaks
    /// it (<see cref="BreakLockAsync"/>).</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/>; <see cref="FailureKind.Refused"/> where conditions are not kept
    /// and nobody has said that there is no other writer.</exception>
    public async ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel)
    {
        if (_isAlone)
            return new NothingHeld();

        if (!await _retries.RunAsync(_ => _objects.Conditions.AreKeptAsync(cancel), cancel))
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{Name}' cannot keep writers apart: its server does not keep conditions. See docs/stores.md."
            );
        }

        return await _ledger.EnterAsync(exclusive, cancel);
    }

    /// <summary>Takes a writer out of the ledger who is gone for good.</summary>
    /// <returns>Who it was, or null when none has that id.</returns>
    public Task<StoreHolder?> BreakLockAsync(string id, CancellationToken cancel) => _ledger.BreakAsync(id, cancel);

    public async Task<StoreClass> AskClassAsync(CancellationToken cancel)
    {
        var found = await _retries.RunAsync(async _ => await new S3Probe(_s3, _objects.Conditions).AskAsync(cancel), cancel);
        Trust(found);
        return found;
    }

    public void TakeAsAlone() => _isAlone = true;

    public void Trust(StoreClass known) => _objects.Conditions.Trust(known);

    public async Task<byte[]?> ReadNoteAsync(CancellationToken cancel) =>
        await _retries.RunAsync(
            async _ => await _s3.FindSmallAsync(_s3.KeyOf(Note), "the note of the store's class cannot be read", cancel),
            cancel
        );

    public async Task WriteNoteAsync(byte[] note, CancellationToken cancel) =>
        await _retries.RunAsync(
            async _ =>
                await _s3.PutAsync(
                    _s3.KeyOf(Note),
                    new ReadOnlySequence<byte>(note),
                    conditional: false,
                    "the note of the store's class cannot be written",
                    cancel
                ),
            cancel
        );

    public ValueTask DisposeAsync() => _retrying.DisposeAsync();

    private sealed class NothingHeld : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
