using Holdfast.Server.Hosting;
using Holdfast.Server.Http;

namespace Holdfast.Server.Tests.Hosting;

public sealed class EndpointListTests
{
    [Fact]
    public void Every_class_with_operations_is_in_the_list_once() =>
        Assert.Equal(
            typeof(IEndpoints)
                .Assembly.GetTypes()
                .Where(type => type.IsAssignableTo(typeof(IEndpoints)) && !type.IsInterface)
                .Select(type => type.Name)
                .Order(StringComparer.Ordinal),
            EndpointList.All.Select(type => type.Name).Order(StringComparer.Ordinal)
        );
}
