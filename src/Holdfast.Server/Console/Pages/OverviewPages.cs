using Holdfast.Control;
using Holdfast.Control.Jobs;
using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Volumes;
using Holdfast.Server.Health;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Whether all is protected, and if not, what to do.</summary>
internal sealed class OverviewPages(
    ConsoleDoor door,
    PageWriter pages,
    ProtectionStore protection,
    DayFigureStore days,
    JobLists jobs,
    VolumeNames names,
    ServiceHealth health,
    UpkeepEnds upkeep
) : IEndpoints
{
    private const int StripDays = 30;
    private const int MostRunning = 10;
    private const int MostOldest = 10;

    public void Map(IEndpointRouteBuilder routes) => door.Page(routes, "", ShowAsync);

    private async Task ShowAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        var looking = health.LookAsync();
        var volumes = await protection.SightsAsync(visit.Project, cancel);
        var oldest = OldestOf(volumes.All);
        var known = await protection.ListAsync(volumes, [.. oldest.Union(StatusText.Named(volumes.All))], cancel);
        var running = await jobs.OpenAsync(visit.Project, MostRunning, cancel);
        await pages.WriteAsync<OverviewPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Status", StatusText.Of(volumes.All, known, await looking, await upkeep.ListFailedAsync(cancel), visit.Now)),
            ("Days", await days.ListAsync(visit.Project, StripDays, cancel)),
            ("Running", running),
            ("Names", await names.FindAsync(visit.Project, running.Select(job => job.Volume), cancel)),
            ("Oldest", known.Where(volume => oldest.Contains(volume.Volume)).ToList())
        );
    }

    /// <summary>Those without any backup first.</summary>
    private static List<VolumeId> OldestOf(IReadOnlyList<VolumeSight> volumes) =>
        [
            .. volumes
                .OrderBy(volume => volume.NewestAt ?? DateTimeOffset.MinValue)
                .ThenBy(volume => volume.Name)
                .Take(MostOldest)
                .Select(volume => volume.Volume),
        ];
}
