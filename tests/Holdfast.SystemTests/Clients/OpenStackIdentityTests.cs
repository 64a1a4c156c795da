using static Holdfast.SystemTests.Clients.OpenStackCommand;

namespace Holdfast.SystemTests.Clients;

/// <summary>Projects, users and roles as <c>openstack</c> manages them in Keystone.</summary>
public sealed class OpenStackIdentityTests(ClientService service) : IClassFixture<ClientService>
{
    [Fact]
    public async Task A_user_is_let_into_a_project_works_there_and_is_put_out_again()
    {
        SkipWithoutClient();
        var admin = new OpenStackCommand(service, service.OpenRc);
        var made = await admin.AskAsync("project create team1", "user create --password Secret-of-anna-1 anna");
        await admin.DoAsync("role add --user anna --project team1 member");
        var told = await admin.AskAsync(
            "project list",
            "user show anna",
            "role list",
            "role assignment list --user anna --names",
            "domain list"
        );

        Assert.Equal(["default", "team1"], told[0].EnumerateArray().Select(project => Text(project, "Name")).Order());
        Assert.Equal(Text(made[1], "id"), Text(told[1], "id"));
        Assert.Contains("member", told[2].EnumerateArray().Select(role => Text(role, "Name")));
        Assert.Equal(
            ("member", "anna@Default", "team1@Default"),
            told[3].EnumerateArray().Select(one => (Text(one, "Role"), Text(one, "User"), Text(one, "Project"))).Single()
        );
        Assert.Equal("Default", Text(Assert.Single(told[4].EnumerateArray()), "Name"));

        var anna = new OpenStackCommand(service, RcOf("anna", "Secret-of-anna-1", "team1"));
        var hers = await anna.AskAsync("token issue", "volume create --size 1 of-anna", "volume list");
        Assert.Equal(Text(made[0], "id"), Text(hers[0], "project_id"));
        Assert.Equal("of-anna", Text(Assert.Single(hers[2].EnumerateArray()), "Name"));
        Assert.Contains(
            "HTTP 403",
            (await anna.RunOneAsync("user", "create", "--password", "Secret-of-bert-1", "bert")).Error,
            StringComparison.Ordinal
        );
        Assert.NotEqual(
            0,
            (await new OpenStackCommand(service, RcOf("anna", "Secret-of-anna-1", "default")).RunOneAsync("token", "issue")).ExitCode
        );
        await anna.DoAsync("volume delete of-anna");

        await admin.DoAsync("user set --password Secret-of-anna-2 anna");
        Assert.Contains("HTTP 401", (await anna.RunOneAsync("token", "issue")).Error, StringComparison.Ordinal);
        anna = new OpenStackCommand(service, RcOf("anna", "Secret-of-anna-2", "team1"));
        Assert.Equal(0, (await anna.RunOneAsync("token", "issue")).ExitCode);
        await admin.DoAsync("role remove --user anna --project team1 member");
        Assert.NotEqual(0, (await anna.RunOneAsync("token", "issue")).ExitCode);
        await admin.DoAsync("user delete anna", "project delete team1");
        Assert.Equal(["default"], (await admin.AskAsync("project list"))[0].EnumerateArray().Select(project => Text(project, "Name")));
    }

    private Dictionary<string, string> RcOf(string user, string password, string project) =>
        new(service.OpenRc)
        {
            ["OS_USERNAME"] = user,
            ["OS_PASSWORD"] = password,
            ["OS_PROJECT_NAME"] = project,
        };
}
