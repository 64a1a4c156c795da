namespace Holdfast.Engine.Keys;

/// <summary>What opens a repository: the content of a key file, or a passphrase.</summary>
public abstract record RepositorySecret
{
    private RepositorySecret() { }

    /// <summary>Path of a key file made by <c>holdfast repo init</c>, or of a key kit that was typed (format:
    /// docs/format/repository-v1.md).</summary>
    public sealed record KeyFile(string Path) : RepositorySecret;

    public sealed record Passphrase(string Text) : RepositorySecret
    {
        public override string ToString() => "Passphrase { *** }";
    }
}
