"""`make bench`: measures the lab itself and prints each figure beside its bound."""

from __future__ import annotations

import argparse

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
    figures: list[Figure] = []
    if options.only in (None, "latency"):
        figures.append(direct_overhead())
    if options.only in (None, "meter"):
        figures.append(meter_rate())
    if options.only in (None, "report"):
        figures += large_report()
    if options.only in (None, "run"):
        figures += comparison(options.engine)
    if options.only in (None, "suites"):
        figures += everything(options.engine)
    show(figures, console)


if __name__ == "__main__":
    main()
