using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>What <c>holdfast login</c> keeps: a token and where it is good. Never a password.</summary>
/// <param name="AuthUrl">With its version.</param>
/// <param name="ExpiresAt">As the service said it.</param>
internal sealed record SavedLogin(
    string AuthUrl,
    string User,
    string Domain,
    string ProjectId,
    string? ProjectName,
    string? Region,
    string Token,
    string? ExpiresAt
)
{
    /// <summary>Where it is kept: <c>$XDG_CONFIG_HOME/holdfast/login.json</c>, else below <c>~/.config</c>. Null for somebody without a
    /// home.</summary>
    public static string? FindFile()
    {
        var root = UserFolders.Configured("XDG_CONFIG_HOME") ?? (UserFolders.Home is { } home ? Path.Combine(home, ".config") : null);
        return root is null ? null : Path.Combine(root, "holdfast", "login.json");
    }

    /// <summary>Null where nobody has logged in.</summary>
    /// <exception cref="UsageException">Others may read the file, or it is none of these.</exception>
    public static SavedLogin? Read(string? file)
    {
        if (file is null || !File.Exists(file))
        {
            return null;
        }

        var mode = File.GetUnixFileMode(file);
        if ((mode & ~OwnerOnly.File) != 0)
        {
            throw new UsageException(
                $"'{file}' holds a token and others may read it (mode {Convert.ToString((int)mode, 8)}). Log out and in again, or "
                    + $"'chmod 600' it."
            );
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), SavedLoginJson.Default.SavedLogin) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new UsageException($"'{file}' is not what 'holdfast login' keeps. Delete it and log in again.", e);
        }
    }

    /// <summary>Whole or not at all; for this user alone from its first byte on.</summary>
    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? ".", OwnerOnly.Folder);
        var fresh = $"{file}.{Environment.ProcessId}";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly.File,
            };
            using (var stream = new FileStream(fresh, options))
            {
                JsonSerializer.Serialize(stream, this, SavedLoginJson.Default.SavedLogin);
            }

            File.Move(fresh, file, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }

    /// <summary>The settings that it stands for.</summary>
    public ApiSettings ToSettings() =>
        new()
        {
            AuthUrl = new Uri(AuthUrl),
            User = User,
            Password = "",
            Token = Token,
            Domain = Domain,
            ProjectId = ProjectId,
            ProjectName = ProjectName,
            Region = Region,
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SavedLogin))]
internal sealed partial class SavedLoginJson : JsonSerializerContext;
