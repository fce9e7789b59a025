"""Finds sections and tables of a report by name, for the tests that look at them."""

from __future__ import annotations

from lab.kit.section import Section, walk
from lab.kit.tables import Table
from lab.report.sections import ReportView


def section_of(seen: ReportView, name: str) -> Section:
    """The section with that id."""
    return next(section for section in walk(seen.sections) if section.id == name)


def tables_of(seen: ReportView) -> list[Table]:
    """All tables of the report, in reading order."""
    blocks = (block for section in walk(seen.sections) for block in section.blocks)
    return [block for block in blocks if isinstance(block, Table)]


def table_in(seen: ReportView, name: str) -> Table:
    """The table with that id."""
    return next(table for table in tables_of(seen) if table.id == name)
