using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Holdfast.Server.Hosting;
using Holdfast.Testing;

namespace Holdfast.Server.Tests.Hosting;

/// <summary>Why a service cannot have its data folder. Of a container it is often all that anybody gets to read.</summary>
public sealed class DataFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_one_services_at_a_time()
    {
        using (DataFolder.Open(_folder.FullPath))
        {
            AssertRefused(FailureKind.Busy, "Another holdfast uses");
        }

        DataFolder.Open(_folder.FullPath).Dispose();
    }

    [Fact]
    public void Who_may_not_write_is_named_with_the_number_by_which_another_machine_knows_them()
    {
        Directory.CreateDirectory(_folder["holdfast.lock"]);

        AssertRefused(FailureKind.WriteFailed, $"cannot be written by user '{Environment.UserName}' ({OwnUser.Number})");
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_not_said_to_be_in_use()
    {
        File.CreateSymbolicLink(_folder["holdfast.lock"], "holdfast.lock");

        AssertRefused(FailureKind.WriteFailed, "cannot be written: Too many");
    }

    private void AssertRefused(FailureKind kind, string why)
    {
        var e = Assert.Throws<HoldfastException>(() => DataFolder.Open(_folder.FullPath));
        Assert.Equal(kind, e.Kind);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }
}
