using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests.House;

/// <summary>
/// The table of floors in <c>docs/architecture.md</c> holds: what lies in a folder uses nothing but the folder itself and folders on lower
/// floors of its project. Hence no project has a cycle between folders. <see cref="ProjectReferenceTests"/> sees to the projects.
/// </summary>
public sealed partial class FloorTests
{
    private static readonly Lazy<IReadOnlyList<Room>> Table = new(() => [.. Rooms()]);

    [Fact]
    public void No_folder_uses_one_on_its_own_floor_or_above() =>
        None(
            from use in Uses().Distinct()
            where use.From.Project == use.To.Project && use.From != use.To && use.From.Floor <= use.To.Floor
            group use.What by (use.From, use.To) into edge
            orderby $"{edge.Key.From}", $"{edge.Key.To}"
            select $"{edge.Key.From} uses {edge.Key.To}: {string.Join("; ", edge.Order(StringComparer.Ordinal))}"
        );

    [Fact]
    public void The_table_has_every_folder_and_nothing_else()
    {
        var folders = Sources().Select(source => source.Folder).Distinct().ToList();

        Assert.NotEmpty(folders);
        None(folders.Where(folder => RoomOf(folder) is null).Select(folder => $"{folder} is not in the table"));
        None(Table.Value.Where(room => !folders.Any(room.Holds)).Select(room => $"{room} is in the table, but holds no source"));
    }

    [Fact]
    public void A_namespace_is_named_like_its_folder() =>
        None(
            from source in Sources()
            let name = Namespace().Match(source.Text).Groups[1].Value
            where name.Length > 0 && name != source.Folder.Replace('/', '.')
            select $"{source.File} has the namespace {name}"
        );

    /// <summary>What the compiled types use, and what the sources name in <c>using</c> lines (which also tells of constants).</summary>
    private static IEnumerable<(Room From, Room To, string What)> Uses()
    {
        var compiled =
            from project in Table.Value.Select(room => room.Project).Distinct()
            from type in Assembly.LoadFrom(AssemblyFile(project)).GetTypes()
            let @from = RoomOf(type)
            where @from is not null
            from used in References.Of(type)
            let to = RoomOf(used)
            where to is not null
            select (@from, to, $"{Readable(type)} → {Readable(used)}");
        var written =
            from source in Sources()
            let @from = RoomOf(source.Folder)
            where @from is not null
            from Match line in Using().Matches(source.Text)
            let to = RoomOf(line.Groups[1].Value.Replace('.', '/').Replace("Holdfast/", "Holdfast.", StringComparison.Ordinal))
            where to is not null
            select (@from, to, $"{Path.GetFileName(source.File)} has 'using {line.Groups[1].Value}'");
        return compiled.Concat(written);
    }

    /// <summary>The executable is called <c>holdfast</c>, the libraries like their projects.</summary>
    private static string AssemblyFile(string project) =>
        Directory
            .EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Single(file => Path.GetFileName(file).Equals($"{project}.dll", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<(string File, string Folder, string Text)> Sources() =>
        from file in RepositoryRoot.Files("*.cs", "src")
        let relative = RepositoryRoot.Relative(file)
        select (relative, Path.GetDirectoryName(relative[4..]) ?? "", File.ReadAllText(file));

    private static Room? RoomOf(Type type) =>
        // Generated helpers have namespaces of their own, and other assemblies' types are no matter here.
        type.Namespace is { } name
        && Table.Value.FirstOrDefault(room => IsIn(type, room.Project)) is { Project: var project }
        && name.StartsWith(project, StringComparison.Ordinal)
            ? RoomOf($"{project}{name[project.Length..].Replace('.', '/')}")
            : null;

    private static Room? RoomOf(string folder) => Table.Value.FirstOrDefault(room => room.Holds(folder));

    private static bool IsIn(Type type, string project) =>
        string.Equals(type.Assembly.GetName().Name, project, StringComparison.OrdinalIgnoreCase);

    private static string Readable(Type type)
    {
        // What the compiler nested (closures, state machines) is its owner's.
        while (type.DeclaringType is { } outer && type.Name.StartsWith('<'))
        {
            type = outer;
        }

        return type.Name;
    }

    /// <summary>Fails with all of them, one a line.</summary>
    private static void None(IEnumerable<string> wrong)
    {
        var lines = wrong.ToList();
        Assert.True(lines.Count == 0, $"{lines.Count} wrong:\n{string.Join('\n', lines)}");
    }

    private static IEnumerable<Room> Rooms() =>
        from line in File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs", "architecture.md"))
        let row = Row().Match(line)
        where row.Success
        from Match folder in Folder().Matches(row.Groups[3].Value)
        select new Room(row.Groups[1].Value, int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture), folder.Groups[1].Value);

    /// <param name="Folder">Below its project; <c>.</c> for the project's own; with <c>/*</c> at its end, all below it is one with
    /// it.</param>
    private sealed record Room(string Project, int Floor, string Folder)
    {
        private string Top => Folder == "." ? Project : $"{Project}/{Folder.Replace("/*", "", StringComparison.Ordinal)}";

        public bool Holds(string folder) =>
            folder == Top || (Folder.EndsWith("/*", StringComparison.Ordinal) && folder.StartsWith($"{Top}/", StringComparison.Ordinal));

        public override string ToString() => $"{Project} {Floor} {Folder}";
    }

    [GeneratedRegex(@"^\| `(Holdfast[A-Za-z.]*)` \| (\d+) \| ([^|]*)\|")]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Folder();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(?:global )?using (?:static |\w+ = )?(Holdfast[\w.]*);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
