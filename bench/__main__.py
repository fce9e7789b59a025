"""`make bench`: measures the lab itself and prints each figure beside its bound."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from rich.console import Console

from bench.all_suites import everything
from bench.figures import Figure, show
from bench.latency import direct_overhead
from bench.rendering import large_report
from bench.throughput import meter_rate
from bench.whole_run import comparison


def main() -> None:
    """Measure what was asked for, or everything; always prints what it has."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--engine", default="auto", help="engine of the whole comparison: auto, docker, host")
    parts = ("latency", "meter", "report", "run", "suites")
    parser.add_argument("--only", choices=parts, help="one part only")
    options = parser.parse_args()
    console = Console(width=150)
    measures: dict[str, Callable[[], list[Figure]]] = {
        "latency": lambda: [direct_overhead()],
        "meter": lambda: [meter_rate()],
        "report": large_report,
        "run": lambda: comparison(options.engine),
        "suites": lambda: everything(options.engine),
    }
    wanted = [name for name in measures if options.only in (None, name)]
    found = {name: measures[name]() for name in wanted}
    show([figure for figures in found.values() for figure in figures], console)
    if missing := [name for name, figures in found.items() if not figures]:
        sys.exit(f"no figure, as it failed (see above): {', '.join(missing)}")


if __name__ == "__main__":
    main()
