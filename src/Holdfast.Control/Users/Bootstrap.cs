using System.Security.Cryptography;
using Holdfast.Control.Projects;

namespace Holdfast.Control.Users;

/// <summary>What a first start made. The password is there once, when it was made up here.</summary>
public sealed record BootstrapResult(Project Project, bool Created, string? GeneratedPassword);

/// <summary>Makes what a new service needs before anybody can call it: the project <c>default</c> and its admin.</summary>
public sealed class Bootstrap(ProjectStore projects, AccountStore accounts)
{
    public const string ProjectName = "default";
    public const string AdminName = "admin";

    /// <summary>No letters that are read for one another.</summary>
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    /// <summary>Does nothing where there is an admin already, whatever the password. Several at once make one.</summary>
    public async Task<BootstrapResult> EnsureAsync(string? password, CancellationToken cancel)
    {
        var project = await projects.EnsureAsync(ProjectName, cancel);
        if (await accounts.FindByNameAsync(AdminName, cancel) is { } existing)
        {
            await accounts.GrantAsync(existing.Id, project.Id, Role.Admin, cancel);
            return new BootstrapResult(project, Created: false, GeneratedPassword: null);
        }

        var generated = string.IsNullOrEmpty(password) ? RandomNumberGenerator.GetString(Alphabet, 20) : null;
        var made = await accounts.CreateAsync(AdminName, generated ?? password ?? "", cancel);
        var admin = made ?? await accounts.FindByNameAsync(AdminName, cancel) ?? throw new InvalidOperationException("The admin vanished as it was made.");
        await accounts.GrantAsync(admin.Id, project.Id, Role.Admin, cancel);
        return new BootstrapResult(project, made is not null, made is null ? null : generated);
    }
}
