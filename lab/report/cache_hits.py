"""Answers from a cache, proven by provenance, and traffic outside any exchange."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.checks.answers import PROVENANCE
from lab.kit import numbers
from lab.kit.anchors import variant_page
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Section
from lab.kit.tables import NO, YES, Col, Fig, Table, col, num, table
from lab.kit.text import one_line
from lab.results.cell import Cell
from lab.results.models import BackgroundRow, Results, ScenarioRow

MOST_ROWS = 40
# Of a question that opens a sequence or belongs to none, no earlier answer can be right.
ASKED_FIRST = "asked_first"
NO_CACHE = "No answer came from a cache, none was claimed to, and no scenario expected one."


def caches_section(results: Results) -> Section:
    """What caches answered."""
    caches = cache_table(results)
    blocks = (caches if caches.rows else NO_CACHE,)
    return Section("Caches, proven by provenance", blocks, id="cache-section", short="Caches")


def cache_table(results: Results) -> Table:
    """What a cache was asked, and other questions where one answered or says it did: what markers prove.

    Of many such scenarios, one row for each variant, suite and expectation: sums over all its scenarios.
    """
    expected = _expectations(results.scenarios)
    cells = [cell for cell in results.cells if cell.status == "measured"]
    many = sum(_tells(cell) or expected[cell.scenario] != ASKED_FIRST for cell in cells) > MOST_ROWS
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        what = cell.suite if many else cell.scenario
        groups.setdefault((cell.variant, what, expected[cell.scenario]), []).append(cell)
    rows = [
        _CacheRow(*key, alike)
        for key, alike in groups.items()
        if key[2] != ASKED_FIRST or any(map(_tells, alike))
    ]
    columns: tuple[Col[_CacheRow], ...] = (
        col("Variant and suite" if many else "Variant and scenario", lambda row: row.head()),
        col("Expected", lambda row: Fig(row.expected.replace("_", " "))),
        col("Proven hits", lambda row: _hits(row.cells, row.expected), "exchanges"),
        num("Another conversation's answer", lambda row: row.foreign(), "exchanges"),
        num("Unproven", lambda row: row.unproven(), "exchanges"),
        col("Claimed", lambda row: row.claimed()),
    )
    return table(
        "caches",
        "Answers that came from a cache. Each answer carries a marker of its exchange; a client that "
        "receives another exchange's marker was served from a cache, whatever a header says. Hits are of "
        "all answers with that expectation. What was asked first, so that nothing could hit, has a row "
        "where an answer was not fresh, or is claimed to come from a cache.",
        columns,
        rows,
    )


@dataclass(frozen=True, slots=True)
class _CacheRow:
    """The cells of a variant with the same expectation: of one scenario, or of a suite."""

    variant: str
    what: str
    expected: str
    cells: Sequence[Cell]

    def head(self) -> Fig:
        several = len(self.cells) > 1
        worst = max(self.cells, key=lambda cell: (cell.cache.foreign, cell.cache.wrong, cell.cache.hits))
        return Fig(
            one_line(f"{self.variant}, {self.what}", 90),
            numbers.counted(len(self.cells), "scenario") if several else "",
            href=evidence_link(self.variant, worst.scenario),
            page=variant_page(self.variant) if several else "",
        )

    def foreign(self) -> Fig:
        count = sum(cell.cache.foreign for cell in self.cells)
        return Fig(numbers.tokens(count), sign=NO if count else "", tone="bad" if count else "")

    def unproven(self) -> Fig:
        count = sum(cell.cache.unproven for cell in self.cells)
        return Fig(numbers.tokens(count), tone="warn" if count else "")

    def claimed(self) -> Fig:
        claims = list(dict.fromkeys(cell.cache.claimed for cell in self.cells if cell.cache.claimed))
        return Fig(one_line(", ".join(claims), 80) if claims else "nothing claimed")


def _expectations(scenarios: Iterable[ScenarioRow]) -> dict[str, str]:
    """What is expected of a cache, by scenario: probes that must miss are told from what is asked first."""
    opened: set[tuple[str, str]] = set()
    expected = {}
    for scenario in scenarios:
        sequence = (scenario.suite, scenario.sequence or scenario.id)
        first = sequence not in opened and scenario.cache_expect == "must_miss"
        expected[scenario.id] = ASKED_FIRST if first else scenario.cache_expect
        opened.add(sequence)
    return expected


def _tells(cell: Cell) -> bool:
    cache = cell.cache
    return bool(cache.hits or cache.foreign or cache.unproven or cache.claimed)


def _hits(cells: Sequence[Cell], expected: str) -> Fig:
    """Hits of all answers: wrong where a cache must miss, and too few where one was due and is missing."""
    hits, of = sum(cell.cache.hits for cell in cells), sum(cell.cache.of for cell in cells)
    text = numbers.share(hits, of)
    judged = [cell.checks[PROVENANCE] for cell in cells if PROVENANCE in cell.checks]
    missed = sum(check.of - check.passed for check in judged) if expected == "must_hit" else 0
    if any(cell.cache.wrong for cell in cells) or missed:
        return Fig(text, f"{missed:,} due and missed" if missed else "", "bad", NO)
    foreign = any(cell.cache.foreign for cell in cells)
    right = hits if expected == "must_hit" else expected == "must_miss" and not foreign
    return Fig(text, tone="good" if right else "info" if hits else "", sign=YES if right else "")


def background_section(results: Results) -> Section:
    """Upstream calls that the meter received outside any exchange, by caller."""
    known = {variant.name for variant in results.variants}

    def caller(row: BackgroundRow) -> Fig:
        return Fig(one_line(row.caller, 60), "" if row.caller in known else "not a variant of this run")

    columns: tuple[Col[BackgroundRow], ...] = (
        col("Caller", caller),
        col("Kind", lambda row: Fig(row.kind)),
        col("Path", lambda row: Fig(one_line(row.path, 80))),
        num("Calls", lambda row: Fig(numbers.tokens(row.count))),
        num("Tokens", lambda row: Fig(numbers.tokens(row.tokens))),
    )
    caption = "Calls that the meter received outside any exchange."
    calls = table("background", caption, columns, results.background)
    blocks = (calls if calls.rows else "The meter received no call outside the exchanges.",)
    return Section("Background traffic", blocks, id="background-section", short="Background")
