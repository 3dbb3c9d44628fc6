"""How fast what-if is: simulated days a minute of a sweep over London, and the cost of a day more.

Wall-clock seconds, in as many processes as said, generating the city left out; `cpu_s` is what the
processes computed, which a busy machine does not change.
"""

import argparse
import os
import time

from benchmarks.frame import Report
from matching.replay.sweep import Sweep
from seed_data import LONDON
from seed_data.folder import read_city
from service.whatif.generated import Size, generated_basis
from service.whatif.pool import run_sweep

RADII_M = (2_000.0, 4_000.0, 6_000.0, 8_000.0, 12_000.0)
GOAL_S = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=_numbers, default=[1, 2, 4, 7], help="such as 1,7")
    parser.add_argument("--taskers", type=int, default=5_000)
    parser.add_argument("--chores", type=int, default=2_000, help="a day")
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2, help="0: in this very process")


def run(arguments: argparse.Namespace, report: Report) -> None:
    city = read_city(LONDON)
    for days in arguments.days:
        size = Size(days, arguments.taskers, arguments.chores)
        basis = generated_basis(city, size, arguments.draws, seed=1)
        sweep = Sweep(city.market.policy, "radius_m", RADII_M)
        before, started = _cpu_s(), time.perf_counter()
        result = run_sweep(sweep, basis, arguments.jobs, lambda _: True)
        took_s, cpu_s = time.perf_counter() - started, _cpu_s() - before
        played = days * len(sweep.labels) * arguments.draws
        report.add(
            days=days,
            chores=result["chores"],
            policies=len(sweep.labels),
            draws=arguments.draws,
            wall_s=took_s,
            cpu_s=cpu_s,
            cpu_s_per_day=cpu_s / days,
            days_a_minute=60 * played / took_s,
            goal=f"{took_s <= GOAL_S}" if days == 7 else None,
        )


def _cpu_s() -> float:
    """CPU seconds of this process and of those it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]
