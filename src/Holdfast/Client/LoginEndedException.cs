using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>A token that was kept is good no more: its time is over, it was revoked, or its user's rights have ended.</summary>
internal sealed class LoginEndedException(Uri authUrl)
    : VerbFailedException($"the login at {authUrl} has ended. 'holdfast login' again.");
