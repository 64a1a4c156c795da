using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Server.Settings;
using Holdfast.Serving;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary>Where a service's catalog and repository are, for verbs that work on both without the service.</summary>
internal sealed class CatalogOptionSet
{
    private readonly ServeOptionSet _serve = new();
    private readonly RepositoryOptionSet _repository = new();
    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "The service's configuration." };

    public void AddTo(Command command)
    {
        command.Options.Add(_serve.Data);
        command.Options.Add(_config);
        _repository.AddTo(command);
    }

    /// <exception cref="UsageException">The passphrase comes from nowhere that the service's settings can name.</exception>
    private static string? PassphraseOf(RepositoryAt? at) =>
        at is null or { Secret.KeyFile: not null }
            ? null
            : at.Secret.PassphraseFile
                ?? throw new UsageException(
                    "this verb takes --key FILE or --passphrase-file FILE: the service is to find its secret there, too."
                );

    /// <param name="postgres">A connection string in place of the configured one, or null.</param>
    public ServerSettings Read(ParseResult parse, string? postgres)
    {
        var at = _repository.Find(parse);
        return HostedService.ReadSettings(
            new HostedServiceOptions
            {
                DataFolder = parse.GetValue(_serve.Data),
                ConfigFile = parse.GetValue(_config) is { } file ? GivenPath.Full(file) : null,
                RepositoryAddress = at?.Address.ToString(),
                KeyFile = at?.Secret.KeyFile,
                PassphraseFile = PassphraseOf(at),
                Postgres = postgres,
            }
        );
    }
}
