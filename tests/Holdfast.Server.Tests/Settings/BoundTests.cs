using System.Globalization;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Settings;

/// <summary>Every bound of every setting, as the settings themselves say them.</summary>
public sealed class BoundTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Numbers =>
        [.. SettingsReader.All.Where(setting => setting.Bounds is not null).Select(setting => setting.Key)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_bound_is_allowed_and_what_is_beyond_it_is_not(string key)
    {
        var setting = SettingsReader.All.Single(one => one.Key == key);
        var (least, most) = setting.Bounds!.Value; // filtered above
        Read(key, least.ToString(CultureInfo.InvariantCulture));
        Read(key, most.ToString(CultureInfo.InvariantCulture));
        Read(key, setting.Default);
        foreach (var beyond in (decimal[])[(decimal)least - 1, (decimal)most + 1])
        {
            var text = beyond.ToString(CultureInfo.InvariantCulture);
            var wrong = Assert.Throws<HoldfastException>(() => Read(key, text));
            Assert.Contains($"'{key}' is a whole number", wrong.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_with_every_number_at_its_bound_starts_and_backs_up(bool most)
    {
        (string, string)[] all =
        [
            .. SettingsReader
                .All.Where(setting => setting.Bounds is not null)
                .Select(setting =>
                    (
                        $"HOLDFAST_{setting.Key.Replace(":", "__", StringComparison.Ordinal)}",
                        (most ? setting.Bounds!.Value.Most : setting.Bounds!.Value.Least).ToString(CultureInfo.InvariantCulture)
                    )
                ),
        ];
        if (!most)
        {
            all = [.. all, ("HOLDFAST_Jobs__Workers", "1")]; // none is a bound that works, too, but backs up nothing
        }

        await using var server = await TestServer.StartAsync(all);
        var services = server.Server.Services;
        var project = new ProjectId(server.Project);
        var disk = Path.Combine(server.Folder, "disk.img");
        await File.WriteAllBytesAsync(disk, new byte[3 << 20], Cancel);
        var registered = Assert.IsType<RegisterOutcome.Registered>(
            await services.GetRequiredService<VolumeStore>().RegisterAsync(project, "disk", disk, Cancel)
        );
        var queued = Assert.IsType<CreateBackupOutcome.Queued>(
            await services.GetRequiredService<BackupService>().CreateAsync(project, new() { Volume = registered.Volume.Id }, Cancel)
        );
        Job job;
        do
        {
            await Task.Delay(20, Cancel);
            job = await services.GetRequiredService<JobStore>().FindAsync(project, queued.Job, Cancel)
                ?? throw new InvalidOperationException();
        } while (job.State is JobState.Queued or JobState.Running);

        Assert.True(job.State == JobState.Succeeded, job.FailReason);
    }

    private static ServerSettings Read(string key, string value) =>
        SettingsReader.Read(null, new Dictionary<string, string>(), new Dictionary<string, string?> { [key] = value }, "/d");
}
