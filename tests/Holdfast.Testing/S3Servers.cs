using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.S3;

namespace Holdfast.Testing;

/// <summary>A real server of S3 that tests may use: one bucket of it, in which each makes a prefix of its own.</summary>
/// <param name="Class">What class it is of, <c>A</c> to <c>D</c>, as its makers say; several letters where it depends on luck.</param>
public sealed record S3Server(string Name, string Endpoint, string AccessKey, string SecretKey, string Bucket, string Class)
{
    public StoreCredentials Credentials => new(AccessKey, SecretKey);

    public string AddressOf(string prefix) => $"s3://{Bucket}/{prefix}?endpoint={Endpoint}";

    /// <summary>An address under which nothing is.</summary>
    public S3Address NewAddress() =>
        S3Address.Parse(AddressOf("test-" + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal)));

    /// <summary>Deletes what a test has put.</summary>
    public async Task EmptyAsync(S3Address address)
    {
        await using var store = new S3ObjectStore(address, Credentials, TimeProvider.System);
        await foreach (var entry in store.ListAsync("", CancellationToken.None))
            await store.DeleteAsync(entry.Key, CancellationToken.None);
    }
}

/// <summary>The servers that <c>HOLDFAST_TEST_S3</c> names: <c>name=endpoint,key,secret,bucket,class</c>, joined by semicolons.</summary>
public static class S3Servers
{
    public const string Variable = "HOLDFAST_TEST_S3";

    public static IReadOnlyList<S3Server> All { get; } =
    [
        .. (Environment.GetEnvironmentVariable(Variable) ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(Parse),
    ];

    public static S3Server? Find(string name) => All.FirstOrDefault(server => server.Name == name);

    private static S3Server Parse(string text) =>
        text.Split('=', 2) is [var name, var rest] && rest.Split(',') is [var endpoint, var key, var secret, var bucket, var letter]
            ? new S3Server(name, endpoint, key, secret, bucket, letter)
            : throw new InvalidOperationException($"{Variable} holds '{text}'; it is name=endpoint,key,secret,bucket,class.");
}
