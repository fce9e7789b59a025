"""Cost by class of scenarios: one row a class, one column a variant, with intervals and differences."""

from __future__ import annotations

from lab.kit import numbers
from lab.kit.anchors import variant_column
from lab.kit.deciding import decided
from lab.kit.tables import Column, Fig, Notes, Row, Table
from lab.kit.text import file_name, one_line
from lab.results.models import ClassLeftOut, FeatureRow, Interval, LeftOut, Results

NAMED = 6
SAME = "the same in all repeats"


def between(interval: Interval, show: str) -> str:
    """An interval in words; one without width comes of repeats that do not differ."""
    if interval.low == interval.high:
        return SAME
    return f"{_shown(interval.low, show)} to {_shown(interval.high, show)}"


def _shown(value: float, show: str) -> str:
    return numbers.percent(value) if show == "percent" else numbers.usd(value)


def class_cost_tables(results: Results) -> tuple[Table, ...]:
    """Two tables, as routed and at one model's price; none where the run has only one class."""
    classes: dict[tuple[str, str], list[FeatureRow]] = {}
    for row in results.features:
        classes.setdefault((row.suite, row.group), []).append(row)
    if len(classes) < 2:
        return ()
    return tuple(
        _table(results, classes, price, title)
        for price, title in (("as_routed", "as routed"), ("same_model", "at one model's price"))
    )


def _table(
    results: Results, classes: dict[tuple[str, str], list[FeatureRow]], price: str, title: str
) -> Table:
    notes = Notes()
    baseline = one_line(results.comparison.baseline, 40)
    rows = []
    for (suite, group), features in classes.items():
        found = {row.variant: row for row in features}
        covered = max((row.scenarios for row in features), key=len)
        head = Fig(one_line(features[0].title, 80), note=_head(suite, group, covered, features[0].of))
        if not covered:
            why = next((row.reason for row in features if row.reason), "no reason was recorded")
            rows.append(Row(head, span=Fig("not compared", one_line(why or "", 400), "missing")))
            continue
        share = results.extrapolation.classes.get(f"{suite}/{group}")
        figs = [Fig(f"{share:.1%}") if share is not None else Fig("none")]
        for variant in results.variants:
            if variant.name in found:
                fig = _cell(found[variant.name], price, baseline, notes)
                figs.append(decided(fig, variant) if price == "as_routed" else fig)
        rows.append(Row(head, tuple(figs)))
    return Table(
        id=f"cost-by-class-{file_name(price)}",
        caption=(
            f"Cost of one pass over the compared scenarios of each class, {title}, in USD; beneath, the "
            f"difference to {baseline}, and 95% bootstrap intervals over repeats. Shares are those of the "
            "monthly extrapolation."
        ),
        columns=(
            Column("Class", "suite, scenarios", num=False),
            Column("Share", "of requests"),
            *(variant_column(variant.name) for variant in results.variants),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _head(suite: str, group: str, covered: tuple[str, ...], of: tuple[str, ...]) -> str:
    number = f"{len(of)}" if len(covered) == len(of) else f"{len(covered)} of {len(of)}"
    return f"{one_line(f'{suite}/{group}', 80)}, {number} scenario{'' if len(of) == 1 else 's'}"


def _cell(row: FeatureRow, price: str, baseline: str, notes: Notes) -> Fig:
    cost = getattr(row.cost_usd, price)
    if cost is None:
        reason = row.reasons.get(f"cost_usd.{price}") or row.reason or "no reason was recorded"
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
