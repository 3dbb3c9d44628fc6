"""A published day of 82,171 tasks and workers, replayed online: pairs made against mean response.

The engine's rounds run under several prices of a lost task, each a point of the frontier, beside
one-line rules in the same process; known points of the published file are shown with them. Every
pair is checked by a checker that knows no policy. The few knobs of the rounds were set on the even
hours, so the odd ones are shown apart.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.frame import Report
from benchmarks.online.check import check, score
from benchmarks.online.day import Day, read_day
from benchmarks.online.engine import Rounds
from benchmarks.online.lines import BadLine
from benchmarks.online.plot import plot
from benchmarks.online.published import ARRIVALS, MOST_PAIRS, POINTS, PUBLIC_COPY, Point
from benchmarks.online.replay import Policy, replay
from benchmarks.online.rules import RULES

PRICES_S = "0,300,600,1000,1500,2000,2500,4000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help=f"the day; public copy: {PUBLIC_COPY}")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the frontier there (PNG)")
    parser.add_argument(
        "--prices", type=_prices, default=_prices(PRICES_S), metavar="S,...",
        help=f"seconds of waiting a lost task is worth, one replay each (default {PRICES_S})",
    )  # fmt: skip


def run(arguments: argparse.Namespace, report: Report) -> None:
    try:
        day = read_day(arguments.path)
    except (BadLine, OSError) as error:
        raise SystemExit(str(error)) from None
    rounds = [Rounds(price_s) for price_s in arguments.prices]
    ours = [_measure(report, day, each.name, each, ours=True) for each in rounds]
    rules = [_measure(report, day, rule.name, rule, ours=False) for rule in RULES]
    known = POINTS if _arrivals(day) == ARRIVALS else ()
    for point in known:
        report.add(
            policy=point.policy,
            pairs=point.pairs,
            mean_response_s=point.mean_response_s,
            ours=False,
        )
    if known:
        report.notes.append(f"{MOST_PAIRS:,} pairs are possible for one who sees the whole day.")
    else:
        report.notes.append("Not the published day: its known points are left out.")
    if arguments.plot:
        plot(arguments.plot, ours, rules, known, MOST_PAIRS if known else None)


def _measure(report: Report, day: Day, name: str, policy: Policy, *, ours: bool) -> Point:
    made = replay(day, policy)
    check(day, made)
    whole = score(day, made)
    hour = (day.at_s // 3600).astype(np.int64)
    even = score(day, made, np.flatnonzero(hour % 2 == 0))
    odd = score(day, made, np.flatnonzero(hour % 2 == 1))
    report.add(
        policy=name, pairs=whole.pairs, mean_response_s=round(whole.mean_response_s, 2), ours=ours,
        even_pairs=even.pairs, even_response_s=round(even.mean_response_s, 2),
        odd_pairs=odd.pairs, odd_response_s=round(odd.mean_response_s, 2),
    )  # fmt: skip
    return Point(name, whole.pairs, whole.mean_response_s)


def _arrivals(day: Day) -> tuple[int, int]:
    tasks = int(day.is_task.sum())
    return tasks, len(day) - tasks


def _prices(text: str) -> list[float]:
    prices = [float(each) for each in text.split(",")]
    if not all(0 <= price < 1e9 for price in prices):
        raise argparse.ArgumentTypeError("prices are seconds, from 0 to 1e9")
    return prices
