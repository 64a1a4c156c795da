using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Policies;

public sealed class PolicyOptions
{
    public const string Section = "Policies";

    /// <summary>Policies a project may have, the default one included. Default 32.</summary>
    [Range(1, 100_000)]
    public int MaxPerProject { get; set; } = 32;

    /// <summary>Volumes a policy may have. Default 256.</summary>
    [Range(1, 100_000)]
    public int MaxVolumes { get; set; } = 256;

    /// <summary>Whether each project has a default policy. Default true.</summary>
    public bool CreateDefault { get; set; } = true;
}

[OptionsValidator]
internal sealed partial class PolicyOptionsValidator : IValidateOptions<PolicyOptions>;
