"""Backs one image up with every tool, step by step, and writes down what each step cost. Called by bench/peers/run."""

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import image
import report
import small
import tools


def arguments():
    parse = argparse.ArgumentParser(prog="bench/peers/run", description="Compares Holdfast with restic and borg on one image.")
    parse.add_argument("--size", type=int, default=1024, help="MiB of real files in the image (default 1024)")
    parse.add_argument("--rounds", type=int, default=3, help="rounds; medians are reported (default 3)")
    parse.add_argument("--sparse-gib", type=int, default=64, help="size of the sparse file in GiB, 0 for none (default 64)")
    parse.add_argument("--sparse-tools", default="holdfast,base", help="which tools take it (default ours: others read all of its zeros)")
    parse.add_argument("--compressed", type=int, default=256, help="MiB of data that is compressed already, 0 for none (default 256)")
    parse.add_argument("--volumes", type=int, default=200, help="how many small volumes a service backs up, 0 for none (default 200)")
    parse.add_argument("--volume-size", type=int, default=16, help="MiB of each of them (default 16)")
    parse.add_argument("--tools", default="holdfast,base,restic,borg,borg-fixed", help="which tools, separated by commas")
    parse.add_argument("--base", type=Path, help="folder of another build of Holdfast, to stand beside: a built working copy, or holdfast")
    parse.add_argument("--peers", type=Path, help="folder with newer restic and borg than the system's; looked into first")
    parse.add_argument("--borg-compression", default="zstd,1", help="borg's --compression (default zstd,1, its fastest zstd)")
    parse.add_argument("--work", type=Path, default=Path("/var/tmp/holdfast-peers"), help="folder to work in; emptied, removed at the end")
    parse.add_argument("--holdfast", type=Path, default=tools.default_binary(), help="the executable to measure")
    parse.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "results" / "peers.md", help="the table to write")
    parse.add_argument("--no-build", action="store_true", help="measure the executable that is there")
    return parse.parse_args()


class Meter:
    """Runs commands and keeps what they cost, by step and tool."""

    def __init__(self, work):
        self.log = work / "log"
        self.costs = defaultdict(list)
        self.sizes = defaultdict(list)

        # Peak bytes of the last run that are no file's: what is mapped from a file counts as resident as long as nobody needs the memory.
        self.anonymous = 0

    def run(self, command, tool, cwd, synced=False):
        """Wall seconds, CPU seconds, peak resident bytes and standard output. Ends the comparison when the command fails. With
        `synced` the time ends when what was written is on the disk."""
        output, errors = self.log.with_suffix(".out"), self.log.with_suffix(".err")
        subprocess.check_call(["sync"])
        with open(output, "wb") as out, open(errors, "wb") as err:
            began = time.perf_counter()
            process = subprocess.Popen(command, env=tool.environment(), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            watch = threading.Thread(target=self.watch, args=(process.pid,))
            watch.start()
            _, status, usage = os.wait4(process.pid, 0)
            watch.join()
            if synced:
                os.sync()
            wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told = errors.read_text(errors="replace") + output.read_text(errors="replace")
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{told}")
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output.read_text(errors="replace")

    def watch(self, pid):
        self.anonymous = 0
        try:
            while True:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                self.anonymous = max([self.anonymous, *(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))])
                time.sleep(0.02)
        except OSError:
            pass  # It has ended.

    def measure(self, step, command, tool, cwd, synced=False):
        wall, cpu, memory, output = self.run(command, tool, cwd, synced)
        self.costs[step, tool.name].append((wall, cpu, memory))
        print(f"  {step:<20} {tool.name:<11} {wall:8.2f} s  {cpu:8.2f} CPU s  {memory / 1e6:7.0f} MB", flush=True)
        return output

    def size(self, step, tool):
        size = int(subprocess.check_output(["du", "--apparent-size", "-sb", tool.repository], text=True).split()[0])
        self.sizes[step, tool.name].append(size)
        return size


def fresh(tool):
    for folder in (tool.home, tool.repository):
        shutil.rmtree(folder, ignore_errors=True)
    tool.home.mkdir(parents=True)
    tool.repository.parent.mkdir(parents=True, exist_ok=True)
    tool.backups = 0


def settle(path):
    """Warm cache, nothing waiting to be written, and no file so fresh that a tool may not believe its times."""
    subprocess.check_call(["sync"])
    time.sleep(3)
    with open(path, "rb") as file:
        while file.readinto(buffer):
            pass


buffer = bytearray(1 << 22)


def one_round(number, base, work, chosen, meter):
    target = work / "volume.img"
    subprocess.check_call(["cp", "--sparse=always", base, target])
    settle(target)
    turn = chosen[number % len(chosen):] + chosen[:number % len(chosen)]

    def backup_with_all(step, path=target):
        for tool in turn:
            tool.backed_up(meter.measure(step, tool.backup(path), tool, work))
            meter.size(step, tool)

    for tool in turn:
        fresh(tool)
        meter.run(tool.init(), tool, work)
    backup_with_all("first")
    backup_with_all("untouched")
    os.utime(target)
    settle(target)
    backup_with_all("touched")
    copy = work / "copy.img"
    subprocess.check_call(["cp", "--sparse=always", target, copy])
    settle(copy)
    backup_with_all("copy", copy)
    copy.unlink()
    changed = image.change(target, 0.01, seed=number)
    settle(target)
    backup_with_all("changed")
    for tool in turn:
        restore("restore", tool, target, work, meter)
    return changed


def compressed_round(number, path, work, chosen, meter):
    settle(path)
    for tool in chosen[number % len(chosen):] + chosen[:number % len(chosen)]:
        fresh(tool)
        meter.run(tool.init(), tool, work)
        tool.backed_up(meter.measure("compressed", tool.backup(path), tool, work))
        meter.size("compressed", tool)
        restore("compressed-restore", tool, path, work, meter)


def restore(step, tool, target, work, meter):
    folder = work / "restored"
    folder.mkdir()
    command, restored = tool.restore(target, folder)
    meter.measure(step, command, tool, folder, synced=True)
    subprocess.check_call(["cmp", target, restored])
    shutil.rmtree(folder)


def sparse_round(number, path, work, chosen, meter):
    for tool in chosen[number % len(chosen):] + chosen[:number % len(chosen)]:
        fresh(tool)
        meter.run(tool.init(), tool, work)
        tool.backed_up(meter.measure("sparse", tool.backup(path), tool, work))
        meter.size("sparse", tool)


def main():
    options = arguments()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    chosen = [tool for name, tool in tools.all_tools(options).items() if name in options.tools.split(",")]
    meter = Meter(options.work)

    print("Building the image", flush=True)
    base = options.work / "base.img"
    files, content = image.build(base, options.work / "stage", options.size)
    facts = {"files": files, "content": content, "image": os.path.getsize(base), "allocated": os.stat(base).st_blocks * 512,
             "options": options, "versions": {tool.name: tool.version() for tool in chosen}, "small": {}}
    packed = options.work / "compressed.bin"
    facts["compressed"] = image.compressed(packed, base, options.compressed) if options.compressed else 0
    for number in range(options.rounds):
        print(f"Round {number + 1} of {options.rounds}", flush=True)
        facts["changed"] = one_round(number, base, options.work, chosen, meter)
        if options.compressed:
            compressed_round(number, packed, options.work, chosen, meter)

    if options.sparse_gib:
        path = options.work / "sparse.img"
        image.sparse(path, options.sparse_gib)
        time.sleep(3)
        takers = [tool for tool in chosen if tool.name in options.sparse_tools.split(",")]
        for number in range(options.rounds if takers else 0):
            print(f"Sparse file, round {number + 1} of {options.rounds}", flush=True)
            sparse_round(number, path, options.work, takers, meter)

    if options.volumes:
        volumes = small.make(options.work / "volumes", options.volumes, options.volume_size)
        for tool in (tool for tool in chosen if isinstance(tool, tools.Holdfast)):
            print(f"Small volumes, {tool.name}", flush=True)
            facts["small"][tool.name] = small.measure(tool.binary, options.work, volumes, options.rounds)

    text = report.write(facts, meter, [tool.name for tool in chosen])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text)
    shutil.rmtree(options.work)
    print(text)


if __name__ == "__main__":
    main()
