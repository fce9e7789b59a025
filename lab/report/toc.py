"""The report's table of contents: what it has, with the parts of each section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.kit.section import Section
from lab.report.grids import SuiteView
from lab.report.systems import VariantView

VERDICTS = "verdicts"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: where it leads, and the entries beneath it."""

    title: str
    href: str
    parts: tuple[Entry, ...] = ()


def contents(
    sections: Sequence[Section], suites: Sequence[SuiteView], variants: Sequence[VariantView], *, alert: bool
) -> tuple[Entry, ...]:
    """All entries in reading order."""
    first = [_section(section) for section in sections if section.id == VERDICTS]
    others = [_section(section) for section in sections if section.id != VERDICTS]
    return (
        *([Entry("Wrong answers", "#alert")] if alert else []),
        Entry("Summary", "#summary"),
        *first,
        Entry("Trust", "#trust"),
        *others,
        Entry("Tokens and facts", "#tokens"),
        Entry("Cost", "#cost"),
        Entry("Latency", "#latency"),
        Entry("Features", "#features"),
        Entry("Scenarios", "#scenarios", tuple(_suites(suites))),
        Entry("Claims", "#claims-section"),
        Entry("Caches", "#cache-section"),
        Entry("Background", "#background-section"),
        Entry("Systems", "#systems", tuple(Entry(v.name, f"#variant-{v.name}") for v in variants)),
        Entry("Method", "#method"),
        Entry("Reproduce", "#reproduce"),
    )


def _section(section: Section) -> Entry:
    """A section with those of its parts that are not folded, if they are several."""
    numbered = [(number, part) for number, part in enumerate(section.parts, 1) if not part.folded]
    parts = tuple(Entry(part.title, f"#{section.id}-{number}") for number, part in numbered)
    return Entry(section.title, f"#{section.id}", parts if len(parts) > 1 else ())


def _suites(suites: Sequence[SuiteView]) -> Iterator[Entry]:
    for suite in suites:
        yield Entry(f"Suite {suite.name}", f"#{suite.anchor}")
