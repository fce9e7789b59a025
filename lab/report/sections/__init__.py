"""The report's sections that stand by themselves, one module each, in reading order."""

from __future__ import annotations

from collections.abc import Callable

from lab.report.section import Section
from lab.report.sections import caching, compression, fidelity, routing, toolsets, vendor_claims, verdicts
from lab.results.tables import Results

SECTIONS: tuple[Callable[[Results], Section | None], ...] = (
    verdicts.section,
    routing.section,
    caching.section,
    toolsets.section,
    compression.section,
    fidelity.section,
    vendor_claims.section,
)


def all_sections(results: Results) -> tuple[Section, ...]:
    """The sections this run has something to show for."""
    return tuple(made for build in SECTIONS if (made := build(results)) is not None)
