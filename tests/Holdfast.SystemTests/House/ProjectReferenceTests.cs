using System.Xml.Linq;
using Holdfast.Testing;

namespace Holdfast.SystemTests.House;

/// <summary>Each wall between projects keeps a dependency out; a reference the wrong way would be a hole in it.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly string[] Order = ["Holdfast.Nbd", "Holdfast.Engine", "Holdfast.Control", "Holdfast.Server", "Holdfast"];

    [Fact]
    public void Projects_refer_to_each_other_one_way_only()
    {
        var wrong =
            from file in RepositoryRoot.Files("*.csproj", "src")
            let name = Path.GetFileNameWithoutExtension(file)
            from reference in Included(file, "ProjectReference")
            let target = Path.GetFileNameWithoutExtension(reference)
            where Rank(target) < 0 || Rank(target) >= Rank(name)
            select $"{name} -> {target}";

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("Holdfast.Engine", "Npgsql", "Dapper", "Microsoft.Data.Sqlite", "Microsoft.AspNetCore.App")]
    [InlineData("Holdfast.Control", "Microsoft.AspNetCore.App", "Spectre.Console", "System.CommandLine")]
    [InlineData("Holdfast.Server", "Spectre.Console", "System.CommandLine")]
    public void A_room_does_without_the_dependencies_it_is_walled_off_from(string project, params string[] banned)
    {
        var file = Path.Combine(RepositoryRoot.Path, "src", project, $"{project}.csproj");

        Assert.Empty(Included(file, "PackageReference").Concat(Included(file, "FrameworkReference")).Intersect(banned));
    }

    private static int Rank(string project) => Array.IndexOf(Order, project);

    private static IEnumerable<string> Included(string file, string item) =>
        XDocument.Load(file).Descendants(item).Select(element => element.Attribute("Include")?.Value ?? "");
}
