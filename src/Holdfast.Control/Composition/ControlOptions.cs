using Holdfast.Control.Jobs;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Composition;

[OptionsValidator]
internal sealed partial class TaskOptionsValidator : IValidateOptions<TaskOptions>;

[OptionsValidator]
internal sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;

[OptionsValidator]
internal sealed partial class SchedulingOptionsValidator : IValidateOptions<SchedulingOptions>;
