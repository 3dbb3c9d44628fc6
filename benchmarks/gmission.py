"""Published arrival orders of paid micro-tasks, served online: utility against the optimum.

Lines are arrivals. In that order a pair is made only as one of its two arrives: `greedy` takes the
greatest utility, `rounds` takes off what each who waits may hope for from those still to come, as
those seen so far suggest; nothing is set by hand. Sorted by time, all orders of one set are one
instance, in which everybody may be held until the last moment. Every pair is checked.
"""

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

from benchmarks.frame import Report
from benchmarks.online.check_served import check_lines, check_times, total
from benchmarks.online.instance import Instance, read_instance
from benchmarks.online.lines import BadLine
from benchmarks.online.serving import no_hope, optimum, serve_in_time, serve_lines

PUBLIC_COPY = (
    "GitHub BUAA-BDA/SpatialCrowdsourcing-GOMA, commit 21212cf, dataset/real/gMission_cap1 "
    "(MIT licence)"
)
AUTHORS_GREEDY = 1765.3
"""Mean over the ten published orders of the authors' own Greedy (Tong, She, Ding, Wang, Chen:
Online mobile micro-task allocation in spatial crowdsourcing, ICDE 2016).
"""
AUTHORS_TGOA_GREEDY = 1712.3
"""The same of their TGOA-Greedy."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH",
        help=f"arrival orders; public copy: {PUBLIC_COPY}",
    )  # fmt: skip


def run(arguments: argparse.Namespace, report: Report) -> None:
    try:
        instances = {path.name: read_instance(path) for path in arguments.paths}
    except (BadLine, OSError) as error:
        raise SystemExit(str(error)) from None
    for file, instance in instances.items():
        _in_line_order(report, file, instance)
    seen: list[tuple[object, ...]] = []
    for file, instance in instances.items():
        by_time = instance.by_time()
        if _content(by_time) not in seen:
            seen.append(_content(by_time))
            _in_time_order(report, f"{file}, sorted by time", by_time)
    _note_means(report)


def _in_line_order(report: Report, file: str, instance: Instance) -> None:
    best = optimum(instance) / instance.scale
    for policy, served, ours in (
        ("greedy", serve_lines(instance, no_hope), False),
        ("rounds", serve_lines(instance), True),
    ):
        check_lines(instance, served)
        utility = total(instance, served)
        report.add(file=file, policy=policy, utility=utility, optimum=best, ours=ours)


def _in_time_order(report: Report, file: str, instance: Instance) -> None:
    best = optimum(instance) / instance.scale
    for policy, served, ours in (
        ("greedy", serve_lines(instance, no_hope), False),
        ("held to the last moment", serve_in_time(instance, no_hope), False),
        ("held, rounds", serve_in_time(instance), True),
    ):
        check_times(instance, served)
        utility = total(instance, served)
        report.add(file=file, policy=policy, utility=utility, optimum=best, ours=ours)
        report.notes.append(f"{file}: {policy} {utility / best:.2%} of the optimum")


def _content(instance: Instance) -> tuple[object, ...]:
    return tuple(part.tobytes() for part in (instance.at_s, instance.x, instance.y, instance.value))


def _note_means(report: Report) -> None:
    utilities = defaultdict(list)
    for row in report.rows:
        if "sorted by time" not in row["file"]:
            utilities[row["policy"]].append(row["utility"])
    for policy, each in utilities.items():
        report.notes.append(f"mean of {len(each)} orders: {policy} {statistics.mean(each):.1f}")
    report.notes.append(
        f"The authors' programs, mean of their ten orders: Greedy {AUTHORS_GREEDY}, "
        f"TGOA-Greedy {AUTHORS_TGOA_GREEDY}"
    )
