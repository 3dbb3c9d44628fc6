"""Batching against greedy on a day of London: fill rate, time to accept, travel, over seeds.

The same city, demand and answers for every way of running rounds: each chore for itself as soon as
it is due (greedy), or all that became due within some seconds in one assignment. Chances to accept
are those the matcher believes in. Intervals are 95 % of Student's t over seeds.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from scipy.special import stdtrit

from benchmarks.day import Day, Outcome, Rounds, one_by_one, together
from benchmarks.frame import Report
from matching.policy import PolicyDocument
from seed_data import LONDON
from seed_data.folder import read_city

WAYS: Mapping[str, tuple[float, Rounds]] = {
    "greedy, at once": (0.0, one_by_one),
    "batches of 5 s": (5.0, together),
    "batches of 30 s": (30.0, together),
    "batches of 120 s": (120.0, together),
    "greedy after 30 s": (30.0, one_by_one),
}
MEASURES: Mapping[str, Callable[[Outcome], float]] = {
    "fill_rate": lambda day: day.booked / max(day.posted, 1),
    "median_wait_s": lambda day: (
        statistics.median(day.waits_s.values()) if day.waits_s else math.nan
    ),
    "mean_travel_s": lambda day: statistics.fmean(day.travel_s) if day.travel_s else math.nan,
    "offers_per_booking": lambda day: day.offers / max(day.booked, 1),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--taskers", type=int, default=600)
    parser.add_argument("--chores", type=int, default=1_500, help="expected in the day")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--day", type=date.fromisoformat, default=date(2027, 6, 3))
    parser.add_argument(
        "--hours", type=_hours, default=range(24), metavar="FROM-TO",
        help="when chores are posted, by the clock on the wall (default: all day)",
    )  # fmt: skip


def run(arguments: argparse.Namespace, report: Report) -> None:
    city = read_city(LONDON)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in WAYS}
    for seed in range(arguments.seeds):
        for name, (gather_s, rounds) in WAYS.items():
            day = Day(
                city,
                arguments.day,
                arguments.taskers,
                arguments.chores,
                seed,
                PolicyDocument(),
                hours=arguments.hours,
            )
            outcomes[name].append(day.run(gather_s, rounds))
    for name, days in outcomes.items():
        report.add(policy=name, seeds=len(days), posted=days[0].posted, **_measured(days))
    report.notes.append(_paired(outcomes))


def _measured(days: list[Outcome]) -> dict[str, Any]:
    """Each measure's mean over seeds and the half width of its 95 % interval."""
    found: dict[str, Any] = {}
    for name, measure in MEASURES.items():
        values = [measure(day) for day in days]
        found[name] = statistics.fmean(values)
        found[f"{name}_pm"] = _half_width(values)
    return found


def _paired(outcomes: Mapping[str, list[Outcome]]) -> str:
    """How much more the 30 s batches fill than greedy, seed by seed."""
    fill = MEASURES["fill_rate"]
    pairs = zip(outcomes["batches of 30 s"], outcomes["greedy, at once"], strict=True)
    gains = [fill(batch) - fill(greedy) for batch, greedy in pairs]
    return f"30 s batches fill {statistics.fmean(gains):+.2%} +- {_half_width(gains):.2%} of greedy"


def _half_width(values: list[float]) -> float:
    if len(values) < 2:
        return math.nan
    spread = statistics.stdev(values) / math.sqrt(len(values))
    return float(stdtrit(len(values) - 1, 0.975)) * spread


def _hours(text: str) -> range:
    """Hours like 17-20: from five up to, but not from, eight in the evening."""
    first, beyond = text.split("-")
    return range(int(first), int(beyond))
