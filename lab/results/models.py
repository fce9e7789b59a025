"""Pydantic models of results.json, schema 1: the tables of a report as data.

Conventions: tokens, calls and USD of a cell are means over its completed exchanges, so that a total is
the sum of its cells. A number that is missing is `None` and has its reason: in `reason` if the whole
row is missing, else in `reasons` under the field's dotted name. Percentages are signed and never clamped.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import Field

from lab.records.manifest import CellStatus, RunFrame, ScenarioFrame, VariantInfo
from lab.records.models import SCHEMA, Record
from lab.results.cell import Cell
from lab.results.totals import ClassRow, TotalRow
from lab.results.wrong_answers import WrongAnswers

Severity = Literal["fault", "warning", "note"]
# The gravest first: what a failed check means for the user of a gateway. A wrong answer is seen by where it
# comes from, not by a check: `provenance` also fails on a missed hit.
Gravity = Literal["wrong_answer", "foreign_content", "facts_lost", "tools_lost", "content_lost", "other"]
T = TypeVar("T", bound=Record)


class LeftOut(Record):
    """A scenario or variant that totals do not cover, and why."""

    name: str
    reason: str


class ClassLeftOut(Record):
    """Scenarios of one class that totals do not cover for the same reason."""

    suite: str
    class_: str = Field(alias="class")
    title: str
    scenarios: tuple[str, ...]
    reason: str


class Comparison(Record):
    """What totals cover: the variants compared and the scenarios that all of them completed."""

    baseline: str
    variants: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    variants_left_out: tuple[LeftOut, ...] = ()
    scenarios_left_out: tuple[LeftOut, ...] = ()
    classes_left_out: tuple[ClassLeftOut, ...] = ()


class ExtrapolationInfo(Record):
    """How totals are scaled to a month: requests, the mix in words, and the shares (each sums to 1).

    `shares` are those of compared scenarios by id, `classes` those of their classes (`suite/class`).
    """

    requests_per_month: int
    shares: dict[str, float] = Field(default_factory=dict)
    classes: dict[str, float] = Field(default_factory=dict)
    mix: str = ""


class BackgroundRow(Record):
    """Upstream calls outside any exchange, by caller, kind and path; tokens are request tokens."""

    caller: str
    kind: str
    path: str
    count: int
    tokens: int


class TrustNote(Record):
    """One reason to trust this run less (fault, warning), or to read it with care (note)."""

    severity: Severity
    title: str
    detail: str


class CheckInfo(Record):
    """A registered check: its stable name, what it judges, the topic it is about, and how grave a fail is."""

    name: str
    title: str
    about: str
    gravity: Gravity


class Results(Record):
    """What every results.json holds; lab.topics adds a table per topic."""

    schema_: int = Field(default=SCHEMA, alias="schema")
    run: RunInfo
    variants: tuple[VariantRow, ...] = ()
    scenarios: tuple[ScenarioRow, ...] = ()
    checks: tuple[CheckInfo, ...] = ()
    cells: tuple[Cell, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    comparison: Comparison
    totals: tuple[TotalRow, ...] = ()
    extrapolation: ExtrapolationInfo
    background: tuple[BackgroundRow, ...] = ()
    trust: tuple[TrustNote, ...] = ()
    wrong_answers: WrongAnswers = WrongAnswers()

    def table(self, kind: type[T]) -> T | None:
        """The table of a topic by its model; None if this run has nothing for that topic."""
        return next((value for value in self.__dict__.values() if isinstance(value, kind)), None)

    def cell(self, variant: str, scenario: str) -> Cell:
        """The cell of a variant and a scenario; raises KeyError if there is none."""
        for cell in self.cells:
            if cell.variant == variant and cell.scenario == scenario:
                return cell
        raise KeyError((variant, scenario))

    def total(self, variant: str) -> TotalRow:
        """The totals row of a variant; raises KeyError if there is none."""
        for row in self.totals:
            if row.variant == variant:
                return row
        raise KeyError(variant)


class VariantRow(VariantInfo):
    """One variant: what it is, from what it was started, and how it fared as a whole."""

    status: CellStatus
    baseline: bool = False


class ScenarioRow(ScenarioFrame):
    """One scenario, how many facts it declares, and whether totals cover it."""

    facts_total: int = 0
    compared: bool = False


class RunInfo(RunFrame):
    """What ran, with the number of exchanges and of calls that the meter received."""

    id: str
    exchanges: int = 0
    upstream_calls: int = 0
