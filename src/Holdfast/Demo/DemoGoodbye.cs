using Holdfast.Client;
using Holdfast.Terminal;

namespace Holdfast.Demo;

/// <summary>How to go on by hand: address, user, password, and commands that work when they are pasted.</summary>
internal static class DemoGoodbye
{
    public static string Text(ApiSettings settings, DemoOutcome outcome, string folder)
    {
        var credentials = Holdfast.Client.Session.TokenRequest(settings, TokenScope.Project);
        return $$"""

            Address    {{new Uri(outcome.Query).GetLeftPart(UriPartial.Authority)}}
            Identity   {{settings.AuthUrl}}
            User       {{settings.User}}
            Password   {{settings.Password}}
            Project    {{settings.ProjectName}} ({{outcome.Session.ProjectId}})
            Console    {{new Uri(outcome.Query).GetLeftPart(UriPartial.Authority)}}/console, in a browser
            The API    {{new Uri(outcome.Query).GetLeftPart(UriPartial.Authority)}}/docs, to read and to try

            For holdfast's own verbs and OpenStack's clients:

            export OS_AUTH_URL={{settings.AuthUrl}} OS_USERNAME={{settings.User}} OS_PASSWORD={{Shell.Quote(
                settings.Password
            )}} OS_PROJECT_NAME={{settings.ProjectName}} OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default

            The backup jobs of the policy, with curl:

            TOKEN=$(curl -s -D - -o /dev/null {{settings.AuthUrl}}/auth/tokens -H 'Content-Type: application/json' -d {{Shell.Quote(
                credentials
            )}} | tr -d '\r' | awk 'tolower($1) == "x-subject-token:" { print $2 }')
            curl -s -H "X-Auth-Token: $TOKEN" {{outcome.Query}}

            All of it is in {{folder}}, which can be deleted when the service has ended: rm -r {{Shell.Word(folder)}}

            """;
    }

    /// <summary>What is left when there is no service any more to go on with.</summary>
    public static string TextAfterExit(string folder) => $"\nAll of it is in {folder}, which can be deleted: rm -r {Shell.Word(folder)}\n";
}
