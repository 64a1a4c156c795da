using System.Text.Json;
using Holdfast.Client;
using Holdfast.Verbs.Volumes;

namespace Holdfast.Tests.Verbs;

public sealed class VolumePropertyTests
{
    [Fact]
    public void Properties_that_are_not_named_stay()
    {
        var volume = VolumeItem.Read(JsonDocument.Parse("""{"id":"v","metadata":{"a":"1","b":"2","c":"3"}}""").RootElement);

        var after = VolumeSet.Merge(volume, new Dictionary<string, string> { ["b"] = "new", ["d"] = "4" }, ["c", "none"]);

        Assert.Equal("""{"a":"1","b":"new","d":"4"}""", JsonSerializer.Serialize(after));
    }
}
