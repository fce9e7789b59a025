"""A topic: one question that the report answers, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.figures.grid import Grid
from lab.kit.section import Section
from lab.records.models import Record
from lab.results.models import Results


@dataclass(frozen=True, slots=True)
class Topic:
    """What a topic measures, the model of its table in results.json, and its section of the report.

    `name` is the table's key in results.json. `measure` and `section` give None if a run has nothing to show.
    """

    name: str
    table: type[Record]
    measure: Callable[[Grid], Record | None]
    section: Callable[[Results], Section | None]
