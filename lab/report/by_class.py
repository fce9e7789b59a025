"""Sums by class of scenarios: every figure of a class, and its cost beside that of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from lab.kit import numbers
from lab.kit.anchors import gap, suite_order, variant_column, variant_head
from lab.kit.cell_figs import change_fig, kept_fig
from lab.kit.deciding import decided
from lab.kit.section import Section
from lab.kit.tables import UNKNOWN, Col, Fig, Notes, Row, Table, absent_word, col, num, table, without
from lab.kit.text import file_name, one_line
from lab.report.rows import large_suites
from lab.report.summary import cache_fig
from lab.results.models import Results, VariantRow
from lab.results.totals import ClassRow, Interval

NAMED = 12
SAME = "the same in all repeats"


def between(interval: Interval, show: str) -> str:
    """An interval in words; one without width comes of repeats that do not differ."""
    if interval.low == interval.high:
        return SAME
    return f"{_shown(interval.low, show)} to {_shown(interval.high, show)}"


def _shown(value: float, show: str) -> str:
    return numbers.percent(value) if show == "percent" else numbers.usd(value)


def class_cost_tables(results: Results) -> tuple[tuple[str, Table], ...]:
    """As routed and at one model's price, each with its title; none if the run has only one class."""
    sums: dict[tuple[str, str], dict[str, ClassRow]] = {}
    for row in results.classes:
        sums.setdefault((row.suite, row.class_), {})[row.variant] = row
    if len(sums) < 2:
        return ()
    classes = [_Class(suite, group, by_variant) for (suite, group), by_variant in sums.items()]
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
    notes = Notes()
    baseline = one_line(results.comparison.baseline, 40)

    def share(row: _Class) -> Fig:
        share = results.extrapolation.classes.get(f"{row.suite}/{row.name}")
        return Fig("none" if share is None else f"{share:.1%}")

    def cost(variant: VariantRow) -> Callable[[_Class], Fig]:
        def get(row: _Class) -> Fig:
            fig = _cost(row.sums[variant.name], price, baseline, notes)
            return decided(fig, variant) if price == "as_routed" else fig

        return get

    return table(
        f"cost-by-class-{file_name(price)}",
        f"Cost of one pass over the compared scenarios of each class, {title}, in USD; beneath, the "
        f"difference to {baseline}, and 95% bootstrap intervals over repeats. Shares are those of the "
        "monthly extrapolation.",
        (
            col("Class", lambda row: row.head(), "suite, scenarios"),
            num("Share", share, "of requests"),
            *(variant_column(variant.name, cost(variant)) for variant in results.variants),
        ),
        [row.row() for row in classes],
        notes=notes,
    )


def _cost(row: ClassRow, price: str, baseline: str, notes: Notes) -> Fig:
    cost = getattr(row.cost_usd, price)
    if cost is None:
        reason = row.reasons.get(f"cost_usd.{price}") or row.reason or UNKNOWN
        return notes.missing("not compared" if not row.scenarios else "no figure", reason)
    text = numbers.usd(cost)
    interval = getattr(row.cost_interval, price)
    percent = getattr(row.difference, f"{price}_percent")
    parts = [between(interval, "usd")] if interval else []
    if row.variant != baseline and percent is not None:
        spread = getattr(row.difference, f"{price}_interval")
        change = numbers.percent(percent)
        wide = between(spread, "percent") if spread else SAME
        parts.append(change if wide == SAME else f"{change} ({wide})")
    missing = row.reasons.get(f"cost_interval.{price}")
    return Fig(text, "; ".join(parts), ref=notes.number(missing) if missing else 0)


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
    classes: dict[tuple[str, str], list[ClassRow]] = {}
    for row in results.classes:
        classes.setdefault((row.suite, row.class_), []).append(row)
    variants = {v.name: v for v in results.variants}
    several = len({suite for suite, _ in classes}) > 1
    return tuple(
        (
            suite,
            f"{rows[0].title} ({suite})" if several else rows[0].title,
            _feature_table(f"{suite}-{group}" if several else group, rows, variants),
        )
        for (suite, group), rows in classes.items()
    )


def _feature_table(name: str, rows: list[ClassRow], variants: dict[str, VariantRow]) -> Table:
    notes = Notes()

    def value(field: str, words: Callable[[numbers.Number], str]) -> Callable[[ClassRow], Fig]:
        def get(row: ClassRow) -> Fig:
            number = attrgetter(field)(row)
            return _absent(row, field, notes) if number is None else Fig(words(float(number)))

        return get

    def kept(field: str, kept: float | None, of: int, row: ClassRow) -> Fig:
        return _absent(row, field, notes) if kept is None else kept_fig(kept, of)

    routed = value("cost_usd.as_routed", numbers.usd)
    columns: tuple[Col[ClassRow], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("Tokens sent", value("tokens.sent", numbers.tokens)),
        num("Tokens forwarded", value("tokens.forwarded", numbers.tokens)),
        num("Forwarded vs sent", _change),
        col(
            "Facts kept",
            lambda row: kept("facts.kept", row.facts.kept, row.facts.total, row),
            shown=any(row.facts.total for row in rows),
        ),
        col(
            "Needed tools intact",
            lambda row: kept("tools_needed_kept", row.tools_needed_kept, row.tools_needed, row),
            shown=any(row.tools_needed for row in rows),
        ),
        num("As routed", lambda row: decided(routed(row), variants[row.variant]), "USD"),
        num("Same model", value("cost_usd.same_model", numbers.usd), "USD"),
        col("Answers from a cache", cache_fig),
        col("Scenarios", _scenarios),
    )
    return table(
        f"feature-{file_name(name)}",
        f"Sums over the compared scenarios of {_named(rows[0].of)}.",
        columns,
        [_counted(row, variants[row.variant]) for row in rows],
        notes=notes,
        control=lambda row: variants[row.variant].kind == "control",
    )


def _counted(row: ClassRow, variant: VariantRow) -> ClassRow | Row:
    """The row, or why it has no figures."""
    if row.tokens.forwarded is not None and row.tokens.sent is not None:
        return row
    word = variant.status if variant.status != "measured" else "not compared"
    return gap(variant, without(word, row.reason or variant.reason))


def _absent(row: ClassRow, name: str, notes: Notes) -> Fig:
    reason = row.reasons.get(name) or row.reason or f"{name} was not recorded"
    return notes.missing(absent_word(name), reason)


def _change(row: ClassRow) -> Fig:
    return change_fig(numbers.change(row.tokens.forwarded or 0, row.tokens.sent or 0))


def _scenarios(row: ClassRow) -> Fig:
    """The scenarios by name if they are few, else how many."""
    few = len(row.of) <= NAMED
    return Fig(", ".join(row.scenarios) if few else numbers.share(len(row.scenarios), len(row.of)))


def _named(scenarios: tuple[str, ...]) -> str:
    """The scenarios by name where they are few, else some of them and their number."""
    names = ", ".join(scenarios[:NAMED])
    return names if len(scenarios) <= NAMED else f"{len(scenarios)}: {names}, and others"
