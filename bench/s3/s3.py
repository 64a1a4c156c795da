"""Backs one image up to an S3 store with Holdfast and restic, step by step. Called by bench/s3/run, which puts bench/peers on the path."""

import argparse
import datetime
import json
import os
import random
import shutil
import sys
import time
import uuid
from pathlib import Path
from statistics import median

import compare
import image
import report
import tools

MIB = 1 << 20
PACK = 16 * MIB
STEPS = [
    ("first", "first backup"),
    ("changed", "1 % changed in scattered 8 KiB pages"),
    ("restore", "restore to a new file, synced"),
    ("dense", "the data alone, as a file without holes"),
    ("sparse", "the sparse volume with that data"),
]


def arguments():
    parse = argparse.ArgumentParser(prog="bench/s3/run", description="Compares Holdfast with restic on one S3 store.")
    parse.add_argument("--size", type=int, default=1024, help="MiB of real files in the image (default 1024)")
    parse.add_argument("--rounds", type=int, default=3, help="rounds; medians are reported (default 3)")
    parse.add_argument("--sparse-gib", type=int, default=1024, help="GiB of the sparse volume, 0 for none (default 1024)")
    parse.add_argument("--sparse-data", type=int, default=2048, help="MiB of data in it (default 2048)")
    parse.add_argument("--server", default="ceph", help="which server of HOLDFAST_TEST_S3 (default ceph)")
    parse.add_argument("--peers", type=Path, help="folder with a newer restic than the system's; looked into first")
    parse.add_argument("--note", default="", help="a sentence for the table's head, such as what else the machine did")
    parse.add_argument("--work", type=Path, default=Path("/var/tmp/holdfast-s3"), help="folder to work in; emptied, removed at the end")
    parse.add_argument("--holdfast", type=Path, default=tools.default_binary(), help="the executable to measure")
    parse.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "results" / "s3.md", help="the table to write")
    parse.add_argument("--no-build", action="store_true", help="measure the executable that is there")
    return parse.parse_args()


class Server:
    """One of HOLDFAST_TEST_S3: NAME=ENDPOINT,ACCESS,SECRET,BUCKET,CLASS, separated by semicolons."""

    def __init__(self, name):
        known = dict(entry.split("=", 1) for entry in os.environ.get("HOLDFAST_TEST_S3", "").split(";") if entry)
        if name not in known:
            sys.exit(f"HOLDFAST_TEST_S3 names no server '{name}'; `.ci/s3 start DIR` starts those that are on the machine")
        self.endpoint, self.access, self.secret, self.bucket, _ = known[name].split(",")

    def environment(self):
        return {"AWS_ACCESS_KEY_ID": self.access, "AWS_SECRET_ACCESS_KEY": self.secret}


class S3Holdfast(tools.Holdfast):
    def __init__(self, work, binary, server):
        super().__init__("holdfast", work, binary)
        self.server = server
        self.puts = {}
        self.stored = {}

    def environment(self):
        return {**super().environment(), **self.server.environment()}

    def where(self):
        address = f"s3://{self.server.bucket}/{self.prefix}?endpoint={self.server.endpoint}"
        return ["--repository", address, "--key", str(self.home / "key")]

    def noted(self, step, output):
        """Takes down what a backup says of its requests: every one that writes, parts of uploads too."""
        made = json.loads(output)
        self.last = made["id"]
        self.puts.setdefault(step, []).append(made["store_requests"]["puts"] + made["store_requests"]["others"])
        self.stored.setdefault(step, []).append(made["bytes_stored"])


class S3Restic(tools.Restic):
    def __init__(self, work, peers, server):
        super().__init__("restic", work, peers)
        self.server = server

    def environment(self):
        repository = f"s3:{self.server.endpoint}/{self.server.bucket}/{self.prefix}"
        return {**super().environment(), **self.server.environment(), "RESTIC_REPOSITORY": repository}

    def noted(self, step, output):
        self.backups += 1


def begin(tool, meter, work):
    shutil.rmtree(tool.home, ignore_errors=True)
    tool.home.mkdir(parents=True)
    tool.prefix = f"bench-{uuid.uuid4().hex[:12]}"
    meter.run(tool.init(), tool, work)


def one_round(number, base, work, chosen, meter):
    target = work / "volume.img"
    compare.subprocess.check_call(["cp", "--sparse=always", base, target])
    compare.settle(target)
    turn = chosen[number % len(chosen):] + chosen[:number % len(chosen)]
    for tool in turn:
        begin(tool, meter, work)
        tool.noted("first", meter.measure("first", tool.backup(target), tool, work))
    image.change(target, 0.01, seed=number)
    compare.settle(target)
    for tool in turn:
        tool.noted("changed", meter.measure("changed", tool.backup(target), tool, work))
    for tool in turn:
        compare.restore("restore", tool, target, work, meter)


def sparse_round(options, tool, work, meter):
    """The same bytes once alone, once with holes between them."""
    dense, sparse = work / "dense.img", work / "sparse.img"
    step = (options.sparse_gib << 30) // options.sparse_data
    chance = random.Random(7)
    with open(dense, "wb") as alone, open(sparse, "wb") as among:
        among.truncate(options.sparse_gib << 30)
        for i in range(options.sparse_data):
            piece = chance.randbytes(MIB)
            alone.write(piece)
            among.seek(i * step // MIB * MIB)
            among.write(piece)
    time.sleep(3)
    for name, path in (("dense", dense), ("sparse", sparse)):
        begin(tool, meter, work)
        tool.noted(name, meter.measure(name, tool.backup(path), tool, work))


def text(options, meter, chosen, facts):
    names = [tool.name for tool in chosen]
    ours = chosen[0]
    versions = ", ".join(f"{tool.name} {tool.version()}" for tool in chosen)
    lines = ["# An S3 store: Holdfast beside restic", "", *report.paragraph(f"""Made by `bench/s3/run` on
        {datetime.date.today().isoformat()}: {os.cpu_count()} cores ({report.processor()}), the store ({options.server}) on the same
        machine. {versions}. An ext4 image of {facts['image'] / MIB:,.0f} MiB with {options.size} MiB of files; {options.rounds} round(s) in
        turn, medians, with the smallest and largest in brackets. Page cache warm, restores synced and compared byte for byte. The sparse
        volume has {options.sparse_gib} GiB and {options.sparse_data} MiB of random data. {options.note}"""), ""]
    for title, column in (("Seconds", 0), ("CPU seconds of the tool", 1)):
        lines += [f"## {title}", "", "| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
        for step, label in STEPS:
            cells = [report.cell([cost[column] for cost in meter.costs.get((step, name), [])], lambda v: f"{v:.2f}") for name in names]
            if any(cells):
                lines.append(f"| {label} | " + " | ".join(c or "–" for c in cells) + " |")
        lines.append("")

    lines += ["## Requests that write, of Holdfast (its own count)", "", "| | puts | MB stored |", "|---|---:|---:|"]
    lines += [f"| {label} | {median(ours.puts[step]):.0f} | {median(ours.stored[step]) / 1e6:.1f} |" for step, label in STEPS
              if step in ours.puts]
    lines += ["", "## Wanted and reached", "", "| | wanted | reached | |", "|---|---|---|---|"]

    def row(label, goal, value, met):
        lines.append(f"| {label} | {goal} | {value} | {'met' if met else '**not met**'} |")

    def seconds(step, name):
        return median(cost[0] for cost in meter.costs[step, name])

    if "restic" in names:
        for step, label in STEPS[:3]:
            times = seconds(step, "restic") / seconds(step, ours.name)
            row(f"{label}, beside restic", "at least 2 times", f"{times:.1f} times", times >= 2)
    for step, label in STEPS:
        if step in ours.puts and step != "changed":
            puts, allowed = max(zip(ours.puts[step], ours.stored[step]))
            allowed = allowed / PACK + 8
            row(f"puts: {label}", f"at most {allowed:.0f}", f"{puts}", puts <= allowed)
    row("puts of the 1 %", "at most 6", f"{max(ours.puts['changed'])}", max(ours.puts["changed"]) <= 6)
    if options.sparse_gib:
        ratio = seconds("sparse", ours.name) / seconds("dense", ours.name)
        row("sparse volume, beside its data alone", "at most 1.1 times", f"{ratio:.2f} times", ratio <= 1.1)
    return "\n".join(lines) + "\n"


def main():
    options = arguments()
    server = Server(options.server)
    work = options.work
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    peers = options.peers and str(options.peers.resolve())
    chosen = [S3Holdfast(work, options.holdfast, server), S3Restic(work, peers, server)]
    meter = compare.Meter(work)
    base = work / "base.img"
    image.build(base, work / "stage", options.size)
    for number in range(options.rounds):
        print(f"Round {number + 1} of {options.rounds}", flush=True)
        one_round(number, base, work, chosen, meter)
        if options.sparse_gib:
            sparse_round(options, chosen[0], work, meter)

    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text(options, meter, chosen, {"image": os.path.getsize(base)}))
    shutil.rmtree(work)
    print(options.out.read_text())


if __name__ == "__main__":
    main()
