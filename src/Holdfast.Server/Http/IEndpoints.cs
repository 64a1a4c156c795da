using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Http;

/// <summary>Some of the API's operations. Who implements it is named once, in the list that the host maps.</summary>
internal interface IEndpoints
{
    void Map(IEndpointRouteBuilder routes);
}
