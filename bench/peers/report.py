"""The table of what was measured, with the ratios that are wanted and whether they were reached."""

import datetime
import os
import platform
from statistics import median

STEPS = [
    ("first", "first backup"),
    ("untouched", "again, file untouched"),
    ("touched", "again, file's time touched (all is read)"),
    ("changed", "1 % changed in scattered 8 KiB pages"),
    ("restore", "restore to a new file"),
    ("sparse", "sparse file"),
]
OURS = "holdfast"


def write(facts, meter, names):
    options = facts["options"]
    lines = ["# Holdfast beside restic and borg", "", *about(facts, options), ""]
    lines += table("Seconds", meter, names, 0, lambda v: f"{v:.2f}")
    lines += table("CPU seconds (user and system)", meter, names, 1, lambda v: f"{v:.2f}")
    lines += table("Peak resident memory, MB", meter, names, 2, lambda v: f"{v / 1e6:.0f}")
    lines += sizes(meter, names)
    lines += wanted(facts, meter, names)
    return "\n".join(lines) + "\n"


def about(facts, options):
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"Made by `bench/peers/run` on {datetime.date.today().isoformat()}: {os.cpu_count()} cores ({processor()}), {memory:.0f} GiB memory, Linux {platform.release()}.",
        f"{versions}. Compression and encryption on everywhere: restic `auto`; borg `zstd,3`, `repokey-blake2`; borg-fixed the same with `--chunker-params fixed,4194304`.",
        "",
        f"The image is an ext4 file system of {facts['image'] / 2**20:,.0f} MiB ({facts['allocated'] / 2**20:,.0f} MiB on disk) made of {facts['files']:,} files of `/usr`"
        f" ({facts['content'] / 2**20:,.0f} MiB). {options.rounds} round(s); each does every step with every tool before the next step, in an order that rotates by round, with"
        " new repositories. Medians, with the smallest and the largest in brackets where there are several. The page cache is warm for all (the image is read through before each step), and"
        " everything waiting to be written is written before each command. Each restore is compared byte for byte, untimed. Holdfast syncs what it restores before it ends; the others do not.",
        f"The 1 % are {facts['changed'] / 2**20:,.1f} MiB of pages in the image's data, half random bytes, half text. The sparse file has {options.sparse_gib} GiB and holds 20 MiB.",
    ]


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def table(title, meter, names, column, show):
    lines = [f"## {title}", "", "| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for step, label in STEPS:
        cells = [cell([cost[column] for cost in meter.costs.get((step, name), [])], show) for name in names]
        if any(cells):
            lines.append(f"| {label} | " + " | ".join(c or "–" for c in cells) + " |")
    return [*lines, ""]


def sizes(meter, names):
    lines = ["## Size of the repository, MB", "", "| after | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for step, label in STEPS:
        cells = [cell(meter.sizes.get((step, name), []), lambda v: f"{v / 1e6:.2f}") for name in names]
        if any(cells):
            lines.append(f"| {label} | " + " | ".join(c or "–" for c in cells) + " |")
    lines.append("| **growth by the 1 %** | " + " | ".join(f"{g / 1e6:.2f}" if (g := growth(meter, name)) is not None else "–" for name in names) + " |")
    return [*lines, ""]


def cell(values, show):
    if not values:
        return ""
    spread = f" ({show(min(values))}–{show(max(values))})" if len(values) > 1 else ""
    return show(median(values)) + spread


def growth(meter, name):
    before, after = meter.sizes.get(("touched", name)), meter.sizes.get(("changed", name))
    return median(a - b for a, b in zip(after, before)) if before and after else None


def wanted(facts, meter, names):
    others = [name for name in names if name != OURS]
    if OURS not in names or not others:
        return []
    borgs = [name for name in others if name.startswith("borg")]
    lines = ["## Wanted and reached", "", "| | wanted | reached | |", "|---|---|---|---|"]

    def seconds(step, name):
        return median(cost[0] for cost in meter.costs[step, name]) if meter.costs.get((step, name)) else None

    def row(label, goal, value, show, met):
        lines.append(f"| {label} | {goal} | {show(value)} | {'met' if met(value) else '**not met**'} |")

    def faster(label, step, against, times):
        theirs = [s for name in against if (s := seconds(step, name)) is not None]
        if theirs and seconds(step, OURS):
            row(label, f"at least {times} times", min(theirs) / seconds(step, OURS), lambda v: f"{v:.1f} times", lambda v: v >= times)

    def share(label, goal, ours, theirs, limit):
        if ours is not None and theirs:
            row(label, goal, ours / min(theirs), lambda v: f"{v:.2f} of theirs", lambda v: v <= limit)

    faster("first backup, beside restic", "first", [n for n in others if n == "restic"], 3)
    faster("first backup, beside the faster borg", "first", borgs, 2)
    faster("unchanged (untouched), beside the best", "untouched", others, 3)
    faster("unchanged (touched, so all is read), beside the best", "touched", others, 3)
    faster("1 % changed, beside the best", "changed", others, 3)
    share("growth by the 1 %, beside the best", "under 0.33", growth(meter, OURS), [g for n in others if (g := growth(meter, n))], 0.333)
    faster("restore, beside the best", "restore", others, 2)
    if seconds("sparse", OURS):
        row("sparse file", "under 1 s", seconds("sparse", OURS), lambda v: f"{v:.2f} s", lambda v: v < 1)
    peak = max(cost[2] for (_, name), costs in meter.costs.items() if name == OURS for cost in costs)
    row("peak memory over all steps", "under 300 MB", peak / 1e6, lambda v: f"{v:.0f} MB", lambda v: v < 300)
    share("repository after the first backup, beside restic", "at most 1.05", median(meter.sizes["first", OURS]),
          [median(meter.sizes["first", n]) for n in others if n == "restic"], 1.05)
    return [*lines, ""]
