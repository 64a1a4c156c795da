using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>gophercloud, as it is packaged: one program that goes through the life of volumes and backups. It decodes answers into Go's
/// types, and so fails on a wrong one.</summary>
public sealed class GophercloudTests(ClientService service) : IClassFixture<ClientService>
{
    private const string Go = "/usr/bin/go";
    private const string Packages = "/usr/share/gocode";

    [Fact]
    public async Task Volumes_and_backups_are_made_paged_through_shown_restored_and_deleted()
    {
        Assert.SkipUnless(File.Exists(Go), $"There is no {Go}: install golang-go.");
        Assert.SkipUnless(
            Directory.Exists($"{Packages}/src/github.com/gophercloud/gophercloud"),
            $"There is no gophercloud in {Packages}: install golang-github-gophercloud-gophercloud-dev."
        );
        var bytes = service.DiskBytes();

        var ended = (await ClientProgram.RunAsync(await BuildAsync(), service.Home, service.OpenRc, null)).Succeeds();
        var seen = ended.Json;

        Assert.True(seen.GetProperty("DomainLogin").GetBoolean(), ended.Error);
        Assert.True(seen.GetProperty("TokenLogin").GetBoolean());
        Assert.Equal("default", seen.GetProperty("ProjectName").GetString());
        Assert.True(seen.GetProperty("TokenExpires").GetDateTimeOffset() > TimeProvider.System.GetUtcNow());
        Assert.Equal(["go-1", "go-2", "go-3"], Texts(seen.GetProperty("Created")));
        Assert.Equal("""[["go-3"],["go-2"],["go-1"]]""", seen.GetProperty("Pages").GetRawText());
        Assert.Equal(["go-2"], Texts(seen.GetProperty("ByName")));
        Assert.Equal(["go-1", "go-2", "go-3"], Texts(seen.GetProperty("ByVolume")));
        Assert.Empty(Texts(seen.GetProperty("ByTarget")));
        Assert.Equal("""[["go-1","go-2"],["go-3"]]""", seen.GetProperty("Sorted").GetRawText());
        Assert.Empty(Texts(seen.GetProperty("OfOthers")));
        Assert.Empty(Texts(seen.GetProperty("InError")));
        Assert.Equal(
            ("by gophercloud", 1),
            (seen.GetProperty("Shown").GetProperty("description").GetString(), seen.GetProperty("Shown").GetProperty("size").GetInt32())
        );
        Assert.True(seen.GetProperty("MissingIs404").GetBoolean());
        Assert.Equal("go-target", seen.GetProperty("Restored").GetProperty("volume_name").GetString());
        Assert.Equal(1, seen.GetProperty("TargetSize").GetInt32());
        Assert.Equal(3, seen.GetProperty("VolumePages").GetInt32());
        Assert.Equal(["go-1"], Texts(seen.GetProperty("Left")));
        Assert.Equal(["disk", "go-anew", "go-target"], Texts(seen.GetProperty("VolumesLeft")));
        Assert.Contains("os-unmanage", seen.GetProperty("RefusedDelete").GetString(), StringComparison.Ordinal);
        Assert.Equal("go-anew", seen.GetProperty("AnewName").GetString());
        foreach (var id in (string[])["TargetID", "AnewID"])
        {
            var target = (await service.Service.RunAsync("volume", "show", seen.GetProperty(id).GetString() ?? "", "--json"))
                .Succeeds()
                .Json;
            Assert.Equal(bytes, ClientService.BytesOf(target.GetProperty("holdfast:source").GetString() ?? ""));
        }
    }

    /// <summary>Builds the program from the packaged sources alone: no modules, and no network to fetch any from.</summary>
    private async Task<string> BuildAsync()
    {
        var program = Path.Combine(service.Home, "gophercloud-flow");
        var environment = new Dictionary<string, string>
        {
            ["GO111MODULE"] = "off",
            ["GOPATH"] = Packages,
            ["GOPROXY"] = "off",
            ["GOFLAGS"] = "-trimpath",
            ["CGO_ENABLED"] = "0",
            ["GOCACHE"] = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "go-build"),
        };
        var source = Path.Combine(RepositoryRoot.Path, "tests/Holdfast.SystemTests/Clients/gophercloud/main.go");
        (await ClientProgram.RunAsync(Go, service.Home, environment, null, "build", "-o", program, source)).Succeeds();
        return program;
    }

    private static string[] Texts(JsonElement texts) => [.. texts.EnumerateArray().Select(text => text.GetString() ?? "")];
}
