using System.Diagnostics;
using System.Net.Sockets;
using System.Xml;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.S3;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.S3;

/// <summary>Sends requests to one bucket: each counted, each with a limit of time, each failure told as one of ours.</summary>
internal sealed class S3Connection : IDisposable
{
    /// <summary>What a request may take besides its bytes, and how slowly these may go: a server that is slower is as good as
    /// away.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    private const long BytesASecond = 128 * 1024;

    private readonly AmazonS3Client _client;
    private readonly S3HttpClients _http;
    private readonly TimeProvider _clock;
    private readonly StoreRequestCounts _counts = new();
    private readonly StoreRequestCounts _failures = new();

    /// <param name="wrap">Puts a handler around the one that sends, for tests that make requests fail.</param>
    public S3Connection(
        S3Address address,
        StoreCredentials? credentials,
        TimeProvider clock,
        Func<HttpMessageHandler, HttpMessageHandler>? wrap
    )
    {
        Address = address;
        Name = address.ToString();
        _clock = clock;
        _http = new S3HttpClients(wrap);
        _client = new AmazonS3Client(FindCredentials(credentials), MakeConfig(address, _http));
    }

    public S3Address Address { get; }

    public string Name { get; }

    public StoreRequests Requests => _counts.Now;

    /// <summary>See <see cref="ICountedStore.Failures"/>.</summary>
    public StoreRequests Failures => _failures.Now;

    /// <summary>The limit of a request's time; only tests set another.</summary>
    internal Func<long, TimeSpan> LimitOf { get; set; } = bytes => Least + TimeSpan.FromSeconds(bytes / (double)BytesASecond);

    /// <summary>How many objects a page of a listing has at most; null for as many as the server likes. Only tests set another.</summary>
    internal int? PageSize { get; set; }

    /// <summary>The name in the bucket of what is called so in the repository.</summary>
    public string KeyOf(string name) => Address.Prefix.Length == 0 ? name : $"{Address.Prefix}/{name}";

    /// <param name="what">What was to be done, as a clause: <c>object 'config' cannot be read</c>.</param>
    /// <param name="bytes">That go one way or the other.</param>
    /// <param name="request">The whole of it, the reading of the answer too.</param>
    /// <exception cref="HoldfastException">See <see cref="S3Errors"/>.</exception>
    public async Task<T> SendAsync<T>(
        StoreVerb verb,
        string what,
        long bytes,
        Func<AmazonS3Client, CancellationToken, Task<T>> request,
        CancellationToken cancel
    )
    {
        cancel.ThrowIfCancellationRequested();
        using var span = Tracing.Begin($"S3 {verb}", ActivityKind.Client);
        span?.SetTag("server.address", Address.Endpoint?.Host).SetTag("aws.s3.bucket", Address.Bucket).SetTag("holdfast.bytes", bytes);
        try
        {
            return await CountAsync(verb, what, bytes, request, cancel);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    private async Task<T> CountAsync<T>(
        StoreVerb verb,
        string what,
        long bytes,
        Func<AmazonS3Client, CancellationToken, Task<T>> request,
        CancellationToken cancel
    )
    {
        _counts.Add(verb);
        StoreRequestScope.Count(verb);
        var limit = LimitOf(bytes);
        using var time = new CancellationTokenSource(limit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, time.Token);
        try
        {
            var answer = await request(_client, either.Token);
            _counts.AddBytes(verb, bytes);
            StoreRequestScope.CountBytes(verb, bytes);
            return answer;
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is not HoldfastException)
        {
            // Whatever it is that a library throws where it is stopped.
            throw new OperationCanceledException(e.Message, e, cancel);
        }
        catch (Exception e) when (time.IsCancellationRequested && e is not HoldfastException)
        {
            _failures.Add(verb);
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"In '{Name}' {what}: there was no answer within {limit.TotalSeconds:0} seconds. Is the server there?",
                e
            );
        }
        catch (Exception e)
            when (e
                    is AmazonServiceException
                        or AmazonClientException
                        or HttpRequestException
                        or IOException
                        or SocketException
                        or TimeoutException
                        or OperationCanceledException
                        or XmlException
                        or FormatException
            )
        {
            if (!S3Errors.IsAnswer(e))
                _failures.Add(verb);

            throw S3Errors.Of(Name, what, e);
        }
    }

    /// <summary>Those that were given; those of the environment; what the library's chain finds (profiles, roles of machines).</summary>
    private static AWSCredentials FindCredentials(StoreCredentials? given)
    {
        if (given is not null)
            return new BasicAWSCredentials(given.AccessKey, given.SecretKey);

        var (access, secret) = (
            Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID"),
            Environment.GetEnvironmentVariable("AWS_SECRET_ACCESS_KEY")
        );
        if (access is { Length: > 0 } && secret is { Length: > 0 })
        {
            return Environment.GetEnvironmentVariable("AWS_SESSION_TOKEN") is { Length: > 0 } token
                ? new SessionAWSCredentials(access, secret, token)
                : new BasicAWSCredentials(access, secret);
        }

        try
        {
            return DefaultAWSCredentialsIdentityResolver.GetCredentials();
        }
        catch (AmazonClientException e)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                "There are no credentials for the object store. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or for a service "
                    + "Repository:AccessKey and Repository:SecretKey.",
                e
            );
        }
    }

    private static AmazonS3Config MakeConfig(S3Address address, S3HttpClients http)
    {
        var config = new AmazonS3Config
        {
            // Requests are counted and repeated here: what a library repeats unseen is neither.
            MaxErrorRetry = 0,
            ForcePathStyle = address.Style == BucketStyle.Path,
            HttpClientFactory = http,
            DefaultConfigurationMode = DefaultConfigurationMode.Standard,
            DisableS3ExpressSessionAuth = true,
        };
        if (address.Endpoint is null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(address.Region ?? StandardRegion());
        }
        else
        {
            config.ServiceURL = address.Endpoint.AbsoluteUri;
            config.AuthenticationRegion = address.Region ?? StandardRegion();

            // Others' servers do not know the checksums that Amazon's want. The signature has a hash of the content anyway.
            config.RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED;
            config.ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED;
        }

        return config;
    }

    private static string StandardRegion() =>
        Environment.GetEnvironmentVariable("AWS_REGION") is { Length: > 0 } region ? region : "us-east-1";
}

/// <summary>One client of HTTP for one store, with limits of its own, which goes when the store goes.</summary>
internal sealed class S3HttpClients : HttpClientFactory, IDisposable
{
    private readonly HttpClient _client;

    public S3HttpClients(Func<HttpMessageHandler, HttpMessageHandler>? wrap)
    {
        var sends = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A name may lead to another machine after a while.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = 64,
        };
        _client = new HttpClient(wrap is null ? sends : wrap(sends)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();
}
