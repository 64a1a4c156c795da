"""The table of what was measured, with the ratios that are wanted and whether they were reached."""

import datetime
import os
import platform
import textwrap
from statistics import median

STEPS = [
    ("first", "first backup"),
    ("untouched", "again, file untouched"),
    ("touched", "again, file's time touched (all is read)"),
    ("copy", "a copy of the volume, under another name"),
    ("changed", "1 % changed in scattered 8 KiB pages"),
    ("restore", "restore to a new file, synced"),
    ("compressed", "data that is compressed already"),
    ("compressed-restore", "restore of that, synced"),
    ("sparse", "sparse file"),
]
OURS = "holdfast"
BASE = "base"


def write(facts, meter, names):
    options = facts["options"]
    lines = ["# Holdfast beside restic and borg", "", *about(facts, options), ""]
    lines += table("Seconds", meter, names, 0, lambda v: f"{v:.2f}")
    lines += table("CPU seconds (user and system)", meter, names, 1, lambda v: f"{v:.2f}")
    lines += table("Peak resident memory, MB", meter, names, 2, lambda v: f"{v / 1e6:.0f}")
    lines += sizes(meter, names)
    lines += small_volumes(facts, options)
    lines += wanted(facts, meter, names)
    return "\n".join(lines) + "\n"


def about(facts, options):
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        *paragraph(f"""Made by `bench/peers/run` on {datetime.date.today().isoformat()}: {os.cpu_count()} cores ({processor()}),
            {memory:.0f} GiB memory, Linux {platform.release()}. {versions}.
            {"`base` is an earlier build of Holdfast, measured in the same run." if options.base else ""}
            Compression and encryption on everywhere: Holdfast `default`; restic `auto`; borg `{options.borg_compression}`,
            `repokey-blake2`; borg-fixed the same with `--chunker-params fixed,4194304`."""),
        "",
        *paragraph(f"""The image is an ext4 file system of {facts['image'] / 2**20:,.0f} MiB ({facts['allocated'] / 2**20:,.0f} MiB on disk)
            made of {facts['files']:,} files of `/usr` ({facts['content'] / 2**20:,.0f} MiB). {options.rounds} round(s); each does every
            step with every tool before the next step, in an order that rotates by round, with new repositories. Medians, with the smallest
            and the largest in brackets where there are several. The page cache is warm for all (the image is read through before
            each step), and everything waiting to be written is written before each command. Restores end, for all tools, when a sync has
            ended; each is compared byte for byte, untimed. The copy is backed up into the repository that holds the volume already. The
            1 % are
            {facts['changed'] / 2**20:,.1f} MiB of pages in the image's data, half random bytes, half text. What is compressed already are
            {facts['compressed'] / 2**20:,.0f} MiB of zlib's output, in a repository of its own. The sparse file has
            {options.sparse_gib} GiB and holds 20 MiB."""),
    ]


def paragraph(text):
    return textwrap.wrap(" ".join(text.split()), 140, break_long_words=False, break_on_hyphens=False)


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
    grown = [growth(meter, name) for name in names]
    lines.append("| **growth by the 1 %** | " + " | ".join("–" if g is None else f"{g / 1e6:.2f}" for g in grown) + " |")
    return [*lines, ""]


def small_volumes(facts, options):
    """What one small volume costs in a firing, and where that goes. Ours only: the others have no policies."""
    if not facts["small"]:
        return []
    lines = [f"## {options.volumes} volumes of {options.volume_size} MiB under one policy", "",
             *paragraph("""Milliseconds for each volume, from the making of the first task to the end of the last one; two jobs run at once.
                 CPU is that of the service's process; what is left of the wall time of two workers is waiting: for the disk (each backup
                 makes its objects and rows durable) and for the catalog's one writer."""), "",
             "| | wall | user CPU | system CPU | waiting, of both workers | KiB written |", "|---|---:|---:|---:|---:|---:|"]
    for name, (first, unchanged) in facts["small"].items():
        for label, runs in (("first backup", [first]), ("unchanged", unchanged)):
            wall, user, system, written = (median(run[i] for run in runs) / options.volumes for i in range(4))
            waiting = max(0.0, 2 * wall - user - system)
            lines.append(f"| {label}, {name} | {wall * 1e3:.2f} | {user * 1e3:.2f} | {system * 1e3:.2f} | {waiting * 1e3:.2f} |"
                         f" {written / 1024:.1f} |")
    return [*lines, ""]


def cell(values, show):
    if not values:
        return ""
    spread = f" ({show(min(values))}–{show(max(values))})" if len(values) > 1 else ""
    return show(median(values)) + spread


def growth(meter, name):
    before, after = meter.sizes.get(("copy", name)), meter.sizes.get(("changed", name))
    return median(a - b for a, b in zip(after, before)) if before and after else None


def wanted(facts, meter, names):
    others = [name for name in names if name not in (OURS, BASE)]
    if OURS not in names or not others:
        return []
    borgs = [name for name in others if name.startswith("borg")]
    lines = ["## Wanted and reached", "", "| | wanted | reached | |", "|---|---|---|---|"]

    def seconds(step, name, column=0):
        return median(cost[column] for cost in meter.costs[step, name]) if meter.costs.get((step, name)) else None

    def row(label, goal, value, show, met):
        lines.append(f"| {label} | {goal} | {show(value)} | {'met' if met(value) else '**not met**'} |")

    def faster(label, step, against, times):
        theirs = [s for name in against if (s := seconds(step, name)) is not None]
        if theirs and seconds(step, OURS):
            row(label, f"at least {times} times", min(theirs) / seconds(step, OURS), lambda v: f"{v:.1f} times", lambda v: v >= times)

    def share(label, goal, ours, theirs, limit):
        if ours is not None and theirs:
            row(label, goal, ours / min(theirs), lambda v: f"{v:.2f} of theirs", lambda v: v <= limit)

    faster("first backup, beside restic", "first", [n for n in others if n == "restic"], 2.5)
    faster("first backup, beside the faster borg", "first", borgs, 2)
    base = seconds("first", BASE, 1)
    share("first backup, CPU seconds beside the base", "at most 0.75", seconds("first", OURS, 1), [base] if base else [], 0.75)
    faster("unchanged (untouched), beside the best", "untouched", others, 3)
    faster("unchanged (touched, so all is read), beside the best", "touched", others, 2.5)
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
