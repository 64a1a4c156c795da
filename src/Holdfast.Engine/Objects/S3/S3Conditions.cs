using System.Buffers;
using System.Text;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>
/// Whether the server keeps the condition that an object is to be new (<c>If-None-Match: *</c>). Unless that is known, it is asked before
/// the first put: by a put on condition of a mark that lies in the bucket from the first time on. That costs one request.
/// </summary>
internal sealed class S3Conditions(S3Connection s3) : IDisposable
{
    /// <summary>Hidden: no key of an object has a segment that begins with a dot.</summary>
    private const string Mark = ".holdfast/condition";

    private static readonly ReadOnlySequence<byte> Text = new(
        Encoding.ASCII.GetBytes("Holdfast puts this once more, on condition, to see whether the store keeps conditions.\n")
    );

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile object? _areKept;

    public void Trust(StoreClass known) => _areKept = known is StoreClass.Atomic or StoreClass.NotUnderRace;

    public async ValueTask<bool> AreKeptAsync(CancellationToken cancel)
    {
        if (_areKept is bool known)
            return known;

        await _gate.WaitAsync(cancel);
        try
        {
            _areKept ??= await AskAsync(cancel) is null;
            return (bool)_areKept;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Null where the condition is kept, as far as one writer can tell; else the class of the server.</summary>
    public async Task<StoreClass?> AskAsync(CancellationToken cancel)
    {
        var key = s3.KeyOf(Mark);
        const string What = "it cannot be asked whether conditions are kept";
        try
        {
            // The second one only where the first made the mark, or where nothing is kept.
            for (var put = 1; put <= 2; put++)
            {
                if (!await s3.PutAsync(key, Text, conditional: true, What, cancel))
                    return null;
            }

            return StoreClass.IgnoresConditions;
        }
        catch (HoldfastException e)
            when (e.Kind == FailureKind.Refused && e.InnerException is { } answer && (int?)S3Errors.StatusOf(answer) is 400 or 501)
        {
            return StoreClass.RefusesConditions;
        }
    }

    public void Dispose() => _gate.Dispose();
}
