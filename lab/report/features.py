"""The tables of features, suite by suite; those of large suites are folded."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kit.anchors import suite_file, suite_order
from lab.kit.tables import Table
from lab.kit.text import one_line
from lab.report.rows import large_suites
from lab.report.totals import feature_tables
from lab.results.models import Results


@dataclass(frozen=True, slots=True)
class FeatureSuite:
    """One suite's features: a titled table for each class."""

    title: str
    folded: bool
    file: str
    tables: tuple[tuple[str, Table], ...]


def feature_suites(results: Results) -> tuple[FeatureSuite, ...]:
    """Every suite with its classes, `core` first."""
    classes = dict.fromkeys((row.suite, row.group) for row in results.features)
    large = large_suites(results)
    found: dict[str, list[tuple[str, Table]]] = {}
    for (suite, _), titled in zip(classes, feature_tables(results), strict=True):
        found.setdefault(suite, []).append(titled)
    return tuple(
        FeatureSuite(
            f"Suite {one_line(suite, 40)}",
            suite in large,
            suite_file(suite) if suite in large else "",
            tuple(found[suite]),
        )
        for suite in suite_order(results)
        if suite in found
    )
