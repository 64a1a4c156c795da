using Holdfast.Client;
using Holdfast.Verbs.Tasks;

namespace Holdfast.Tests.Verbs;

public sealed class TaskNextTests
{
    [Fact]
    public void The_next_page_is_asked_for_by_a_command_that_can_be_pasted() =>
        Assert.Equal(
            "holdfast task list 'my policy' --status EXECUTE_FAIL --limit 5 --sort-dir asc --marker j1",
            TaskList.Next("my policy", new TaskFilter("EXECUTE_FAIL", Limit: 5, Offset: 10, Marker: "j0", SortDir: "asc"), "j1")
        );

    [Fact]
    public void What_was_not_asked_for_is_left_out() =>
        Assert.Equal("holdfast task list p --marker j1", TaskList.Next("p", new TaskFilter(), "j1"));
}
