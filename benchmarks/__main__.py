"""`python -m benchmarks NAME [--json FILE]`."""

import argparse
import importlib
import pkgutil
import signal
import sys
from pathlib import Path
from typing import cast

import benchmarks
from benchmarks.frame import Benchmark, Report

NOT_BENCHMARKS = {"__main__", "frame", "cities", "live_city", "peers"}


def main() -> None:
    """Runs one benchmark, shows its table and writes its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    known = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)} - NOT_BENCHMARKS
    # Only the one that is named is imported: all of them take seconds.
    wanted = known.intersection(sys.argv[1:2]) or known
    found = {name: importlib.import_module(f"benchmarks.{name}") for name in sorted(wanted)}
    runnable = {
        name: cast("Benchmark", each) for name, each in found.items() if hasattr(each, "run")
    }
    for name, benchmark in runnable.items():
        line = (found[name].__doc__ or "").splitlines()[0]
        each = names.add_parser(name, help=line, description=found[name].__doc__)
        each.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
        benchmark.add_arguments(each)
    arguments = parser.parse_args()
    # What a run has started ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = Report(arguments.name)
    runnable[arguments.name].run(arguments, report)
    report.show()
    if arguments.json:
        report.write(arguments.json)


if __name__ == "__main__":
    main()
