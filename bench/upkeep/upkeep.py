"""Measures check, repair, prune, copy and rebuild. Called by bench/upkeep/run, which puts bench/peers and bench/s3 on the path."""

import argparse
import collections
import datetime
import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from statistics import median

import compare
import image
import report
import s3
import tools

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    parse = argparse.ArgumentParser(prog="bench/upkeep/run", description="Measures check, repair, prune, copy and rebuild.")
    parse.add_argument("--size", type=int, default=1024, help="MiB of real files in the image (default 1024)")
    parse.add_argument("--compressed", type=int, default=1024, help="MiB of data that is compressed already (default 1024)")
    parse.add_argument("--chunks", type=int, default=10_000_000, help="chunks of the synthetic repository, 0 for none (default 10 million)")
    parse.add_argument("--per-pack", type=int, default=512, help="chunks in each of its packs (default 512)")
    parse.add_argument("--backups", type=int, default=10_000, help="backups to be rebuilt, 0 for none (default 10,000)")
    parse.add_argument("--rounds", type=int, default=3, help="rounds; medians are reported (default 3)")
    parse.add_argument("--server", default="ceph", help="which server of HOLDFAST_TEST_S3 takes a copy (default ceph)")
    parse.add_argument("--note", default="", help="a sentence for the table's head, such as what else the machine did")
    parse.add_argument("--work", type=Path, default=Path("/var/tmp/holdfast-upkeep"), help="folder to work in; emptied, removed at the end")
    parse.add_argument("--holdfast", type=Path, default=tools.default_binary(), help="the executable to measure")
    parse.add_argument("--maker", type=Path, default=ROOT / "artifacts/bin/Holdfast.Bench.Upkeep/release/Holdfast.Bench.Upkeep",
                       help="the program that makes synthetic repositories")
    parse.add_argument("--out", type=Path, default=ROOT / "bench/results/upkeep.md", help="the table to write")
    parse.add_argument("--no-build", action="store_true", help="measure the executables that are there")
    return parse.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = options.work
        self.meter = compare.Meter(options.work)
        self.rows = []

        # Of the peak memory what is no file's, by step and tool.
        self.own = collections.defaultdict(list)
        self.wanted = []

    def repository(self, name):
        tool = tools.Holdfast(name, self.work, self.options.holdfast)
        tool.home.mkdir(parents=True, exist_ok=True)
        tool.repository.parent.mkdir(parents=True, exist_ok=True)
        return tool

    def verb(self, step, tool, *words):
        """Runs a verb of Holdfast for the table; its answer as JSON."""
        told = json.loads(self.meter.measure(step, [tool.binary, *words, "--json"], tool, self.work))
        self.own[step, tool.name].append(self.meter.anonymous)
        return told

    def made(self, name, *order):
        tool = self.repository(name)
        self.meter.run([str(self.options.maker), order[0], str(tool.repository), str(tool.home / "key"), *order[1:]], tool, self.work)
        return tool

    def row(self, step, label, tool, megabytes=None):
        costs = self.meter.costs[step, tool.name]
        wall, cpu, memory = (median(cost[i] for cost in costs) for i in range(3))
        own = median(self.own[step, tool.name])
        rate = f"{megabytes / wall:.0f} | {megabytes / cpu:.0f}" if megabytes else "– | –"
        self.rows.append(f"| {label} | {report.cell([cost[0] for cost in costs], lambda v: f'{v:.2f}')} | {cpu:.2f} | {memory / 1e6:.0f} "
                         f"| {own / 1e6:.0f} | {rate} |")
        return wall, cpu, own

    def want(self, label, goal, reached, met):
        self.wanted.append(f"| {label} | {goal} | {reached} | {'met' if met else '**not met**'} |")

    def read(self):
        """check --read: of an image of files, and of data that does not compress."""
        files, packed = self.work / "base.img", self.work / "packed.bin"
        image.build(files, self.work / "stage", self.options.size)
        image.compressed(packed, files, self.options.compressed)
        for path, label in ((files, "files"), (packed, "data that is compressed already")):
            tool = self.repository(path.stem)
            self.meter.run(tool.init(), tool, self.work)
            self.meter.run(tool.backup(path), tool, self.work)
            for _ in range(self.options.rounds):
                told = self.verb("read", tool, "repo", "check", "--read", *tool.where())
            plain = told["bytes_verified"] / 1e6
            wall, _, _ = self.row("read", f"`repo check --read`: {plain:,.0f} MB of {label}", tool, plain)
            self.want(f"check --read of {label}", "at least 800 MB/s of plain bytes", f"{plain / wall:.0f} MB/s", plain / wall >= 800)
        self.copy(self.repository(packed.stem))

    def copy(self, tool):
        """A copy of what does not compress: bytes stored are bytes copied."""
        stored = sum(path.stat().st_size for path in tool.repository.rglob("*") if path.is_file()) / 1e6
        targets = [("copy", "a folder", lambda: str(self.work / f"copy-{uuid.uuid4().hex}"))]
        if f"{self.options.server}=" in os.environ.get("HOLDFAST_TEST_S3", ""):
            server = s3.Server(self.options.server)
            plain = tool.environment
            tool.environment = lambda: {**plain(), **server.environment()}
            targets.append(("copy-s3", f"S3 ({self.options.server})",
                            lambda: f"s3://{server.bucket}/copy-{uuid.uuid4().hex[:12]}?endpoint={server.endpoint}"))
        for step, label, target in targets:
            for _ in range(self.options.rounds):
                to = target()
                self.verb(step, tool, "repo", "copy", "--to", to, *tool.where())
                shutil.rmtree(to, ignore_errors=True)
            self.row(step, f"`repo copy` of {stored:,.0f} MB to {label}", tool, stored)

    def many(self):
        """A synthetic repository: check, the index made anew from packs, prune."""
        count = self.options.chunks
        tool = self.made("chunks", "chunks", str(count), str(self.options.per_pack))
        for _ in range(self.options.rounds):
            self.verb("quick", tool, "repo", "check", *tool.where())
        _, _, memory = self.row("quick", f"`repo check` of {count:,} chunks", tool)
        self.want(f"check quick of {count:,} chunks, memory", "at most 512 MB", f"{memory / 1e6:.0f} MB", memory <= 512e6)
        for _ in range(self.options.rounds):
            shutil.rmtree(tool.repository / "index")
            told = self.verb("index", tool, "repo", "repair", "--quick", *tool.where())
        wall, _, _ = self.row("index", f"`repo repair --quick`: the index of {count:,} chunks from {told['packs_indexed']:,} packs", tool)
        self.want(f"index of {count:,} chunks from packs", "at most 300 s", f"{wall:.0f} s", wall <= 300)
        for _ in range(self.options.rounds):
            self.verb("prune", tool, "repo", "prune", *tool.where())
        wall, _, memory = self.row("prune", f"`repo prune` of {count:,} chunks, all of them needed", tool)
        self.want(f"prune of {count:,} chunks", "at most 60 s and 256 MB", f"{wall:.0f} s, {memory / 1e6:.0f} MB",
                  wall <= 60 and memory <= 256e6)

    def rebuild(self):
        """A catalog from manifests alone, then from an export that holds all of it."""
        count = self.options.backups
        tool = self.made("backups", "backups", str(count))
        plain = [("SQLite", None)]
        if os.environ.get("HOLDFAST_TEST_POSTGRES"):
            plain.append(("PostgreSQL", os.environ["HOLDFAST_TEST_POSTGRES"]))
        for source in ("manifests alone", "an export"):
            for database, server in plain:
                for _ in range(self.options.rounds):
                    data = self.work / f"data-{uuid.uuid4().hex}"
                    where = ["--data", str(data), "--repository", str(tool.repository), "--key", str(tool.home / "key")]
                    if server:
                        where += ["--postgres", new_database(server)]
                    told = self.verb(f"rebuild {database} {source}", tool, "repo", "rebuild", *where)
                    if told["backups"] != count:
                        raise SystemExit(f"{told['backups']} of {count} backups came back")
                step = f"rebuild {database} {source}"
                wall, _, _ = self.row(step, f"`repo rebuild` of {count:,} backups: {database}, from {source}", tool)
                self.want(f"rebuild of {count:,} backups, {database}, from {source}", "at most 60 s", f"{wall:.1f} s", wall <= 60)
            if source == "manifests alone":
                self.export(tool, count)

    def export(self, tool, count):
        """Only the catalog of the newest era may write one, so one more is made."""
        where = ["--data", str(self.work / "exporting"), "--repository", str(tool.repository), "--key", str(tool.home / "key")]
        self.meter.run([tool.binary, "repo", "rebuild", *where], tool, self.work)
        self.verb("export", tool, "repo", "export", *where)
        self.row("export", f"`repo export` of a catalog of {count:,} backups", tool)

    def text(self):
        options = self.options
        return "\n".join([
            "# Upkeep: check, repair, prune, copy, rebuild", "",
            *report.paragraph(f"""Made by `bench/upkeep/run` on {datetime.date.today().isoformat()}: {os.cpu_count()} cores
                ({report.processor()}). {options.rounds} round(s), medians, with the smallest and largest in brackets; each verb is a
                process of its own, its start counts, and the page cache is warm. Memory below that of the measuring program (some 80 MB) is
                told as that; memory of its own (seen fifty times a second) is what is not mapped from a file, such as the index cache, and
                what the goals are held against. The repository of {options.chunks:,} chunks is synthetic: packs of
                {options.per_pack} chunks as the engine writes them, all with the same few sealed bytes; its directories, index and map are
                those of a real one. {options.note}"""), "",
            "| | seconds | CPU seconds | peak memory, MB | of it its own, MB | MB/s | MB a CPU second |",
            "|---|---:|---:|---:|---:|---:|---:|", *self.rows, "",
            "## Wanted and reached", "", "| | wanted | reached | |", "|---|---|---|---|", *self.wanted, ""])


def new_database(server):
    """Makes an empty database; the connection string for it."""
    fields = dict(field.split("=", 1) for field in server.split(";") if field)
    fields = {name.strip().lower(): value for name, value in fields.items()}
    name = f"bench_{uuid.uuid4().hex[:12]}"
    environment = {**os.environ, "PGPASSWORD": fields.get("password", "")}
    subprocess.check_call(["psql", "-q", "-h", fields["host"], "-p", fields.get("port", "5432"), "-U", fields["username"], "-d",
                           fields.get("database", "postgres"), "-c", f"CREATE DATABASE {name}"], env=environment)
    return ";".join(f"{field}={value}" for field, value in {**fields, "database": name}.items())


def main():
    options = arguments()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    bench = Bench(options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for part, is_asked in ((bench.read, True), (bench.many, options.chunks), (bench.rebuild, options.backups)):
        if is_asked:
            part()
            options.out.write_text(bench.text())
    shutil.rmtree(options.work)
    print(options.out.read_text())


if __name__ == "__main__":
    main()
