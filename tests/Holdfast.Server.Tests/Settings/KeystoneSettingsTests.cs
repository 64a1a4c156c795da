using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Tests.Settings;

public sealed class KeystoneSettingsTests
{
    private static readonly Dictionary<string, string?> Needed = new()
    {
        ["Identity:Mode"] = "Keystone",
        ["Identity:Keystone:Url"] = "http://keystone.test:5000",
        ["Identity:Keystone:Username"] = "vbs",
        ["Identity:Keystone:Password"] = "geheim",
        ["Identity:Keystone:Project"] = "service",
    };

    [Fact]
    public void The_role_of_operators_is_admin_until_it_is_given_another_name()
    {
        Assert.Equal("admin", Read([]).Keystone?.AdminRole);
        Assert.Equal("backup-operator", Read(new() { ["Identity:Keystone:AdminRole"] = "backup-operator" }).Keystone?.AdminRole);
    }

    [Theory]
    [InlineData("")]
    [InlineData("member")]
    [InlineData("_member_")]
    [InlineData("Reader")]
    public void A_role_that_all_members_have_makes_no_operators(string name) =>
        Assert.Contains(
            "is the name of a role, and not of one that makes a member or reader",
            Assert.Throws<HoldfastException>(() => Read(new() { ["Identity:Keystone:AdminRole"] = name })).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void What_the_service_needs_to_log_in_is_asked_for()
    {
        var failed = Assert.Throws<HoldfastException>(() =>
            SettingsReader.Read(
                null,
                new Dictionary<string, string>(),
                new Dictionary<string, string?> { ["Identity:Mode"] = "Keystone" },
                "/nowhere"
            )
        );
        Assert.Equal(4, failed.Message.Split("is missing").Length - 1);
    }

    private static ServerSettings Read(Dictionary<string, string?> more) =>
        SettingsReader.Read(null, new Dictionary<string, string>(), new Dictionary<string, string?>(Needed.Concat(more)), "/nowhere");
}
