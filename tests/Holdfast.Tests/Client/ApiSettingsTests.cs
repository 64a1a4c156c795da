using Holdfast.Client;
using Holdfast.Running;

namespace Holdfast.Tests.Client;

public sealed class ApiSettingsTests
{
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["OS_AUTH_URL"] = "http://h:8776/identity/v3/",
        ["OS_USERNAME"] = "u",
        ["OS_PASSWORD"] = "p",
        ["OS_PROJECT_NAME"] = "default",
    };

    [Fact]
    public void A_login_that_nobody_answers_is_not_told_to_log_in()
    {
        var refused = Assert.Throws<UsageException>(() => ApiSettings.From(_ => null, _ => null, saved: null, ask: _ => null));

        Assert.StartsWith("OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME not given.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--password-file -", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("holdfast login", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_missing_variable_is_named_at_once()
    {
        var refused = Assert.Throws<UsageException>(() => ApiSettings.From(_ => null, name => name == "OS_USERNAME" ? "u" : ""));

        Assert.StartsWith("OS_AUTH_URL, OS_PASSWORD, OS_PROJECT_NAME not set.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_overrides_its_variable()
    {
        var settings = ApiSettings.From(name => name == "OS_USERNAME" ? "other" : null, name => Environment.GetValueOrDefault(name));

        Assert.Equal(("other", "p"), (settings.User, settings.Password));
    }

    [Theory]
    [InlineData("http://h:8776/identity", "http://h:8776/identity/v3")]
    [InlineData("http://h:8776/identity/v3/", "http://h:8776/identity/v3")]
    [InlineData("https://h/v3", "https://h/v3")]
    public void The_version_may_be_left_out_of_the_address(string given, string used)
    {
        var settings = ApiSettings.From(name => name == "OS_AUTH_URL" ? given : null, name => Environment.GetValueOrDefault(name));

        Assert.Equal(used, settings.AuthUrl.ToString());
    }

    [Theory]
    [InlineData("h:8776")]
    [InlineData("ftp://h/identity/v3")]
    public void An_address_that_is_no_http_address_is_wrong_usage(string given)
    {
        var refused = Assert.Throws<UsageException>(() =>
            ApiSettings.From(name => name == "OS_AUTH_URL" ? given : null, name => Environment.GetValueOrDefault(name))
        );

        Assert.Contains($"'{given}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_password_is_not_in_the_settings_text() =>
        Assert.DoesNotContain(
            "p",
            ApiSettings
                .From(_ => null, name => Environment.GetValueOrDefault(name))
                .ToString()
                .Replace("http://", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
}
