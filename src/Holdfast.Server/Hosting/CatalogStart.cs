using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Hosting;

/// <summary>Opens the service's catalog, for the service or beside it.</summary>
public static class CatalogStart
{
    /// <summary>Lets the user admin in again with a new password, whether the service runs or not. Needs the data folder, or the database,
    /// and no token.</summary>
    /// <exception cref="HoldfastException">Where there is no catalog, or no service was ever started on it.</exception>
    public static async Task RecoverAdminAsync(ServerSettings settings, string password, TimeProvider clock, CancellationToken cancel)
    {
        if (NameRule.PasswordTroubleOf(password) is { } trouble)
        {
            throw new HoldfastException(FailureKind.Refused, $"That is no password: {trouble}.");
        }

        if (!settings.Catalog.MayExist)
        {
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no catalog '{settings.CatalogFile}'. Name the service's data folder with --data, or its configuration with "
                    + $"--config."
            );
        }

        await using var catalog = await settings.Catalog.OpenAsync(cancel);
        await FirstAdmin.RecoverAsync(catalog, password, clock, cancel);
    }
}
