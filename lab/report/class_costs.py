"""Cost by class of scenarios: one row a class, one column a variant, with intervals and differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import variant_column
from lab.kit.deciding import decided
from lab.kit.tables import UNKNOWN, Fig, Notes, Row, Table, col, num, table, without
from lab.kit.text import file_name, one_line
from lab.results.models import ClassLeftOut, FeatureRow, Interval, LeftOut, Results, VariantRow

NAMED = 6
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
    sums: dict[tuple[str, str], dict[str, FeatureRow]] = {}
    for row in results.features:
        sums.setdefault((row.suite, row.group), {})[row.variant] = row
    if len(sums) < 2:
        return ()
    classes = [_Class(suite, group, by_variant) for (suite, group), by_variant in sums.items()]
    return tuple(
        (title, _table(results, classes, price, title))
        for price, title in (("as_routed", "as routed"), ("same_model", "at one model's price"))
    )


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of scenarios with its sums by variant."""

    suite: str
    group: str
    sums: Mapping[str, FeatureRow]

    def head(self) -> Fig:
        first = next(iter(self.sums.values()))
        number, of = len(self.covered), len(first.of)
        named = one_line(f"{self.suite}/{self.group}", 80)
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


def _table(results: Results, classes: Sequence[_Class], price: str, title: str) -> Table:
    notes = Notes()
    baseline = one_line(results.comparison.baseline, 40)

    def share(row: _Class) -> Fig:
        share = results.extrapolation.classes.get(f"{row.suite}/{row.group}")
        return Fig("none" if share is None else f"{share:.1%}")

    def cost(variant: VariantRow) -> Callable[[_Class], Fig]:
        def get(row: _Class) -> Fig:
            fig = _cell(row.sums[variant.name], price, baseline, notes)
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


def _cell(row: FeatureRow, price: str, baseline: str, notes: Notes) -> Fig:
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


def left_out(results: Results) -> tuple[str, ...]:
    """What totals do not cover: variants by name, scenarios in one line per class and reason."""
    comparison = results.comparison
    lines = [_line(item) for item in comparison.variants_left_out]
    if comparison.classes_left_out:
        lines += [_class_line(item) for item in comparison.classes_left_out]
    else:
        lines += [_line(item) for item in comparison.scenarios_left_out]
    return tuple(one_line(line, 400) for line in lines)


def _line(item: LeftOut) -> str:
    return f"{item.name}: {item.reason}"


def _class_line(item: ClassLeftOut) -> str:
    """The scenarios by name where they are few, else their number; never a hundred lines."""
    if len(item.scenarios) == 1:
        return f"{item.suite}/{item.group}, {item.scenarios[0]}: {item.reason}"
    names = ", ".join(item.scenarios[:NAMED]) + (", …" if len(item.scenarios) > NAMED else "")
    return f"{item.suite}/{item.group}, {len(item.scenarios)} scenarios ({names}): {item.reason}"
