using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Jobs;

/// <summary>What a job did and met can be read, whatever became of it.</summary>
public abstract class JobLogSpec : FlowSpec
{
    private JobLogStore Logs => World.Logs;

    [Fact]
    public async Task Lines_of_two_attempts_are_numbered_on_and_found_by_a_text()
    {
        var job = await QueueAsync();
        await using (var first = Logs.Open(new Job1(job, 1).Job))
        {
            first.Info("Read 10 % of 'a_b'", ("bytes", 7L), ("name", "Ä\"\0"), ("live", true));
            first.Warning("Line\r\nbreak");
        }

        await using (var second = Logs.Open(new Job1(job, 2).Job))
        {
            second.Error("READ 10X of 'aXb'");
        }

        var lines = await Logs.ReadAsync(job, 0, 100, null, Cancel);
        Assert.Equal([(1L, 1), (2L, 1), (3L, 2)], lines.Select(line => (line.Number, line.Attempt)));
        Assert.Equal([JobLogLevel.Info, JobLogLevel.Warning, JobLogLevel.Error], lines.Select(line => line.Level));
        Assert.Equal("Line  break", lines[1].Message);
        Assert.Equal("""{"bytes":7,"name":"\u00C4\u0022 ","live":true}""", lines[0].Fields);

        Assert.Equal([2L, 3L], (await Logs.ReadAsync(job, 1, 100, null, Cancel)).Select(line => line.Number));
        Assert.Equal([1L, 2L], (await Logs.ReadAsync(job, 0, 2, null, Cancel)).Select(line => line.Number));
        Assert.Equal([1L, 3L], (await Logs.ReadAsync(job, 0, 100, "rEaD 10", Cancel)).Select(line => line.Number));
        Assert.Equal([1L], (await Logs.ReadAsync(job, 0, 100, "10 %", Cancel)).Select(line => line.Number));
        Assert.Equal([1L], (await Logs.ReadAsync(job, 0, 100, "a_b", Cancel)).Select(line => line.Number));
        Assert.Empty(await Logs.ReadAsync(job, 0, 100, "!", Cancel));
    }

    [Fact]
    public async Task Of_a_long_log_beginning_and_end_are_kept_and_the_gap_is_told()
    {
        var job = await QueueAsync();
        var text = 0;
        foreach (var count in new[] { 1000, 1001, 1, 2, 700 })
        {
            await Logs.AppendAsync(
                job,
                [.. Enumerable.Range(0, count).Select(_ => Logs.LineOf(JobLogLevel.Info, 1, $"line {++text}"))],
                Cancel
            );
            var lines = await Logs.ReadAsync(job, 0, 10_000, null, Cancel);
            Assert.Equal(Math.Min(text, 2001), lines.Count);
            Assert.Equal(("line 1", 1L), (lines[0].Message, lines[0].Number));
            Assert.Equal("line 1000", lines[999].Message);
            Assert.Equal(($"line {text}", (long)text), (lines[^1].Message, lines[^1].Number));
            if (text > 2001)
            {
                Assert.Equal(1001, lines[1000].Number);
                Assert.StartsWith($"{text - 2000} lines were left out here", lines[1000].Message, StringComparison.Ordinal);
                Assert.Equal($"line {text - 999}", lines[1001].Message);
            }
        }
    }

    [Fact]
    public async Task A_message_without_end_is_cut()
    {
        var job = await QueueAsync();
        await Logs.AppendAsync(job, [Logs.LineOf(JobLogLevel.Info, 1, new string('x', 100_000) + "\ud800")], Cancel);
        Assert.Equal(JobLogLine.MostText + 1, Assert.Single(await Logs.ReadAsync(job, 0, 10, null, Cancel)).Message.Length);
    }

    [Fact]
    public async Task Two_writers_of_one_log_lose_no_line()
    {
        var job = await QueueAsync();
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(writer =>
                    Task.Run(
                        async () =>
                        {
                            for (var i = 0; i < 5; i++)
                            {
                                await Logs.AppendAsync(job, [Logs.LineOf(JobLogLevel.Info, writer, $"{writer}.{i}")], Cancel);
                            }
                        },
                        Cancel
                    )
                )
        );
        var lines = await Logs.ReadAsync(job, 0, 100, null, Cancel);
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(line => line.Number));
        Assert.Equal(20, lines.Count);
    }

    [Fact]
    public async Task A_log_goes_with_its_job()
    {
        await World.Service.CreateAsync(Project, new() { Volume = Volume.Id }, Cancel);
        await World.RunJobsAsync(Cancel);
        var job = Assert.Single(await World.JobLists.ListAsync(Project, null, 10, Cancel));
        Assert.NotEmpty(await Logs.ReadAsync(job.Id, 0, 100, null, Cancel));

        Assert.Equal(1, await World.Jobs.RemoveEndedAsync(Bed.Now.AddDays(1), 10, Cancel));
        Assert.Empty(await Logs.ReadAsync(job.Id, 0, 100, null, Cancel));
    }

    [Fact]
    public async Task A_backups_log_tells_what_was_read_and_why()
    {
        await World.Service.CreateAsync(Project, new() { Volume = Volume.Id }, Cancel);
        await World.RunJobsAsync(Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(1)); // ids of one moment are in no order
        await World.Service.CreateAsync(Project, new() { Volume = Volume.Id }, Cancel);
        await World.RunJobsAsync(Cancel);

        var jobs = await World.JobLists.ListAsync(Project, null, 10, Cancel);
        var first = await TextAsync(jobs[1].Id);
        Assert.Contains("Attempt 1 of 3 begins", first, StringComparison.Ordinal);
        Assert.Contains($"Volume '{Volume.Name}' is open: 976.6 KiB", first, StringComparison.Ordinal);
        Assert.Contains("There is no earlier backup", first, StringComparison.Ordinal);
        Assert.Contains("Read 976.6 KiB of 976.6 KiB", first, StringComparison.Ordinal);
        Assert.EndsWith("Done.", first, StringComparison.Ordinal);
        Assert.Contains($"compared with backup {jobs[1].Backup}", await TextAsync(jobs[0].Id), StringComparison.Ordinal);
        Assert.DoesNotContain(VolumeFile, first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_jobs_log_ends_with_what_the_user_is_told()
    {
        await World.Service.CreateAsync(Project, new() { Volume = Volume.Id }, Cancel);
        File.Delete(VolumeFile);
        await World.RunJobsAsync(Cancel);

        var job = Assert.Single(await World.JobLists.ListAsync(Project, null, 10, Cancel));
        var last = (await Logs.ReadAsync(job.Id, 0, 100, null, Cancel))[^1];
        Assert.Equal((JobLogLevel.Error, $"Failed: {job.FailReason}"), (last.Level, last.Message));
    }

    /// <summary>A table that is not there is the worst that can happen to it.</summary>
    [Fact]
    public async Task A_log_that_cannot_be_written_fails_no_job()
    {
        await Bed.InTransactionAsync(tx => tx.ExecuteAsync("DROP TABLE job_log", null, Cancel));
        await World.Service.CreateAsync(Project, new() { Volume = Volume.Id }, Cancel);
        await World.RunJobsAsync(Cancel);
        Assert.Equal(JobState.Succeeded, Assert.Single(await World.JobLists.ListAsync(Project, null, 10, Cancel)).State);
    }

    private async Task<string> TextAsync(JobId job) =>
        string.Join('\n', (await Logs.ReadAsync(job, 0, 100, null, Cancel)).Select(line => line.Message));

    private async Task<JobId> QueueAsync()
    {
        var job = new NewJob
        {
            Id = JobId.New(Bed.Clock),
            Project = Project,
            Kind = JobKind.DeleteBackup,
        };
        await Bed.InTransactionAsync(tx => World.Jobs.EnqueueAsync(tx, job, Cancel));
        return job.Id;
    }

    private sealed record Job1(JobId Id, int Attempt)
    {
        public Job Job =>
            new()
            {
                Id = Id,
                Project = new("p"),
                Kind = JobKind.DeleteBackup,
                State = JobState.Running,
                Arguments = "{}",
                CreatedAt = default,
                RunAfter = default,
                Attempt = Attempt,
            };
    }
}

public sealed class JobLogOnSqlite(CatalogTemplates templates) : JobLogSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class JobLogOnPostgres(CatalogTemplates templates) : JobLogSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
