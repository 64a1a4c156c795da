namespace Holdfast.Engine.Objects;

/// <summary>What lets one into an object store. Its text tells nothing.</summary>
public sealed class StoreCredentials(string accessKey, string secretKey)
{
    /// <summary>Who one is.</summary>
    public string AccessKey { get; } = accessKey;

    /// <summary>What proves it.</summary>
    public string SecretKey { get; } = secretKey;

    public override string ToString() => "credentials";
}
