"""Sums by class of scenarios: every figure of a class, and its cost beside that of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import by_variant, suite_order, variant_columns, variant_head
from lab.kit.cell_figs import UNVARIED, between, cost_fig, facts_fig, saving_fig, tools_fig, value_fig
from lab.kit.deciding import decided
from lab.kit.section import Section
from lab.kit.tables import Col, Fig, Row, Table, col, num, table, without
from lab.kit.text import file_name, one_line
from lab.report.rows import class_map, large_suites, not_compared
from lab.report.summary import cache_fig
from lab.results.models import Results, VariantRow
from lab.results.totals import ClassRow

NAMED = 12


def class_cost_tables(results: Results) -> tuple[tuple[str, Table], ...]:
    """As routed and at one model's price, each with its title; none if the run has only one class."""
    classes = [_Class(suite, name, sums) for (suite, name), sums in class_map(results).items()]
    if len(classes) < 2:
        return ()
    return tuple(
        (title, _cost_table(results, classes, price, title))
        for price, title in (("as_routed", "as routed"), ("same_model", "at one model's price"))
    )


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of scenarios with its sums by variant."""

    suite: str
    name: str
    sums: Mapping[str, ClassRow]

    def head(self) -> Fig:
        first = next(iter(self.sums.values()))
        number, of = len(self.covered), len(first.of)
        named = one_line(f"{self.suite}/{self.name}", 80)
        scenarios = f"{number} of {of} scenarios" if number < of else numbers.counted(of, "scenario")
        return Fig(one_line(first.title, 80), f"{named}, {scenarios}")

    @property
    def covered(self) -> tuple[str, ...]:
        return max((row.scenarios for row in self.sums.values()), key=len)

    def row(self) -> _Class | Row:
        if self.covered:
            return self
        why = next((row.reason for row in self.sums.values() if row.reason), None)
        return Row(self.head(), span=without("not compared", why))


def _cost_table(results: Results, classes: Sequence[_Class], price: str, title: str) -> Table:
    baseline, variants = one_line(results.comparison.baseline, 40), by_variant(results)

    def share(row: _Class) -> Fig:
        share = results.extrapolation.classes.get(f"{row.suite}/{row.name}")
        return Fig("none" if share is None else f"{share:.1%}")

    def cost(variant: str, row: _Class) -> Fig:
        fig = _cost(row.sums[variant], price, baseline)
        return decided(fig, variants[variant]) if price == "as_routed" else fig

    return table(
        f"cost-by-class-{file_name(price)}",
        f"Cost of one pass over the compared scenarios of each class, {title}, in USD; beneath, the "
        f"difference to {baseline}, and 95% bootstrap intervals over repeats. Shares are those of the "
        "monthly extrapolation.",
        (
            col("Class", lambda row: row.head(), "suite, scenarios"),
            num("Share", share, "of requests"),
            *variant_columns(variants, cost),
        ),
        [row.row() for row in classes],
    )


def _cost(row: ClassRow, price: str, baseline: str) -> Fig:
    percent, spread = (getattr(row.difference, f"{price}_{what}") for what in ("percent", "interval"))
    if row.variant == baseline or percent is None:
        return cost_fig(row, price)
    change, wide = numbers.percent(percent), between(spread, numbers.percent) if spread else UNVARIED
    return cost_fig(row, price, change if wide == UNVARIED else f"{change} ({wide})")


def features_section(results: Results) -> Section:
    """A table a class of scenarios, suite by suite; those of large suites are folded."""
    large = large_suites(results)
    suites: dict[str, list[Section]] = {}
    for suite, title, figures in feature_tables(results):
        suites.setdefault(suite, []).append(Section(title, (figures,)))
    shown: list[Section] = []
    for suite in suite_order(results):
        classes = suites.get(suite, [])
        if suite in large and classes:
            title = f"Suite {one_line(suite, 40)}: {numbers.counted(len(classes), 'class', 'classes')}"
            shown.append(Section(title, tuple(classes), folded=True, apart=True))
        else:
            shown += classes
    return Section("Classes of scenarios", tuple(shown), id="features", short="Classes")


def feature_tables(results: Results) -> tuple[tuple[str, str, Table], ...]:
    """One table a class of scenarios, with its suite and title, and one row a variant."""
    classes, variants = class_map(results), by_variant(results)
    several = len({suite for suite, _ in classes}) > 1
    return tuple(
        (
            suite,
            f"{rows[0].title} ({suite})" if several else rows[0].title,
            _feature_table(f"{suite}-{name}" if several else name, rows, variants),
        )
        for (suite, name), sums in classes.items()
        for rows in [tuple(sums.values())]
    )


def _feature_table(name: str, rows: Sequence[ClassRow], variants: Mapping[str, VariantRow]) -> Table:
    def usd(row: ClassRow, price: str) -> Fig:
        return value_fig(row, f"cost_usd.{price}", numbers.usd)

    columns: tuple[Col[ClassRow], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("Tokens sent", lambda row: value_fig(row, "tokens.sent", numbers.tokens)),
        num("Tokens forwarded", lambda row: value_fig(row, "tokens.forwarded", numbers.tokens)),
        num("Forwarded vs sent", saving_fig),
        col("Facts kept", facts_fig, shown=any(row.facts.total for row in rows)),
        col("Needed tools intact", tools_fig, shown=any(row.tools_needed for row in rows)),
        num("As routed", lambda row: decided(usd(row, "as_routed"), variants[row.variant]), "USD"),
        num("Same model", lambda row: usd(row, "same_model"), "USD"),
        col("Answers from a cache", cache_fig),
        col("Scenarios", _scenarios),
    )
    return table(
        f"feature-{file_name(name)}",
        f"Sums over the compared scenarios of {_named(rows[0].of)}.",
        columns,
        [
            row
            if row.tokens.forwarded is not None and row.tokens.sent is not None
            else not_compared(variants[row.variant], row)
            for row in rows
        ],
        control=lambda row: variants[row.variant].kind == "control",
    )


def _scenarios(row: ClassRow) -> Fig:
    """The scenarios by name if they are few, else how many."""
    few = len(row.of) <= NAMED
    return Fig(", ".join(row.scenarios) if few else numbers.share(len(row.scenarios), len(row.of)))


def _named(scenarios: tuple[str, ...]) -> str:
    """The scenarios by name where they are few, else some of them and their number."""
    names = ", ".join(scenarios[:NAMED])
    return names if len(scenarios) <= NAMED else f"{len(scenarios)}: {names}, and others"
