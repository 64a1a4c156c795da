namespace Holdfast.Testing;

/// <summary>A folder of a test's own, removed with all that is in it at the end.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Makes an empty folder under <paramref name="parent"/>, or where the machine keeps temporary files.</summary>
    public TempFolder(string? parent = null)
    {
        FullPath = parent is null
            ? Directory.CreateTempSubdirectory("holdfast-test-").FullName
            : Directory.CreateDirectory(Path.Combine(parent, "holdfast-test-" + Path.GetRandomFileName())).FullName;
    }

    public string FullPath { get; }

    /// <summary>The path of something in the folder; nothing is made.</summary>
    public string this[params string[] names] => Path.Combine([FullPath, .. names]);

    /// <summary>Writes a file and answers its path.</summary>
    public string File(string name, byte[] content)
    {
        var path = this[name];
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Makes a file of <paramref name="size"/> bytes that is one hole and answers its path.</summary>
    public string SparseFile(string name, long size)
    {
        var path = this[name];
        using var file = System.IO.File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, size);
        return path;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(FullPath, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // A test may have removed it to see what happens.
        }
    }
}
