namespace Holdfast.Engine.Posix;

/// <summary>The user whose rights this process has.</summary>
public static class OwnUser
{
    /// <summary>For messages. With the number: the names of a container are not known to the machine on which somebody has to change the
    /// owner of a folder.</summary>
    public static string Text => Environment.UserName is var name && name != $"{Number}" ? $"user '{name}' ({Number})" : $"user {Number}";

    public static uint Number => Libc.User;
}
