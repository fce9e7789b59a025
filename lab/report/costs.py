"""The cost tables: overall with the difference to the baseline, and by month and year."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import get_args

from lab.kit import numbers
from lab.kit.anchors import gap, is_control, variant_head
from lab.kit.cell_figs import change_fig
from lab.kit.deciding import DECIDED, NO_MERIT, decided
from lab.kit.section import Bullets, Section, present
from lab.kit.tables import Col, Fig, Notes, Row, Table, col, judged, num, table, without
from lab.kit.text import one_line
from lab.report.by_class import between, class_cost_tables
from lab.report.drawings import cost_drawing
from lab.report.summary import absent, facts_fig, price_line
from lab.results.models import ClassLeftOut, Interval, LeftOut, Results, TotalRow, VariantRow
from lab.results.wrong_answers import Wrongness

LEAD = (
    "Each upstream call is priced twice: as routed, at the price of the model it reached, and at one price "
    "for all, so that routing and compression are not confused."
)
FEW_CLASSES = 12
NAMED = 6


def cost_section(results: Results) -> Section:
    """Cost as a chart, overall, by class of scenarios, and by month and year."""
    note, notes = price_line(results), left_out(results)
    why = Section("What totals leave out, and why", (Bullets(notes),), folded=True) if notes else None
    classes = (
        Section(
            f"By class of scenarios, {title}", (figures,), folded=len(figures.rows) > FEW_CLASSES, apart=False
        )
        for title, figures in class_cost_tables(results)
    )
    return Section(
        "Cost",
        (
            LEAD,
            cost_drawing(results),
            Section("Overall cost", present(cost_table(results), note, why)),
            *classes,
            Section("By month and year", present(monthly_table(results), note)),
        ),
        id="cost",
    )


@dataclass(frozen=True, slots=True)
class VariantTotal:
    """A variant with its totals."""

    of: VariantRow
    total: TotalRow

    @property
    def variant(self) -> str:
        """Its name."""
        return self.of.name


def total_rows(results: Results, has: Callable[[TotalRow], bool]) -> Iterator[VariantTotal | Row]:
    """Every variant in the order of the run, with its totals, or with the reason if it has none."""
    rows = {row.variant: row for row in results.totals}
    for variant in results.variants:
        total = rows.get(variant.name)
        if total is not None and has(total):
            yield VariantTotal(variant, total)
            continue
        word = variant.status if variant.status != "measured" else "not compared"
        yield gap(variant, without(word, (total.reason if total else None) or variant.reason))


def cost_table(results: Results) -> Table:
    """Overall cost over the compared scenarios, with the difference to the baseline row."""
    notes = Notes()
    baseline = one_line(results.comparison.baseline, 40)
    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("As routed", lambda row: decided(_usd(row.total, "as_routed", notes), row.of), "USD"),
        num("Difference", lambda row: decided(_difference(row.total, "as_routed"), row.of), f"to {baseline}"),
        num("Same model", lambda row: _usd(row.total, "same_model", notes), "USD"),
        num("Difference", lambda row: _difference(row.total, "same_model"), f"to {baseline}"),
        num("Paid for failed exchanges", lambda row: _usd(row.total, "paid_for_failed", notes), "USD, sum"),
        num("Upstream calls", lambda row: _calls(row.total, notes), "per pass"),
    )
    return table(
        "cost-by-variant",
        f"Cost of one pass over the compared scenarios; differences are against {baseline}. A provider "
        "is paid for every upstream call, whether an answer reached the client or not. Intervals are 95% "
        "bootstrap intervals over the repeats of each scenario, differences paired by repeat: what "
        "chance between repeats does, not what other questions would.",
        columns,
        total_rows(results, lambda total: total.compared),
        notes=notes,
        control=is_control(results),
    )


def _usd(total: TotalRow, name: str, notes: Notes) -> Fig:
    value: Decimal | None = getattr(total.cost_usd, name)
    if value is None:
        return absent(total, f"cost_usd.{name}", notes)
    interval: Interval | None = getattr(total.cost_interval, name, None)
    note = [between(interval, "usd")] if interval else []
    note += [one_line(total.cost_usd.note, 120)] if name == "as_routed" and total.cost_usd.note else []
    why = total.reasons.get(f"cost_interval.{name}")
    return Fig(numbers.usd(value), "; ".join(note), ref=notes.number(why) if why else 0)


def _difference(total: TotalRow, price: str) -> Fig:
    if total.baseline:
        return Fig("baseline")
    percent, usd, interval = (
        getattr(total.difference, f"{price}_{what}") for what in ("percent", "usd", "interval")
    )
    note = [f"{numbers.signed_usd(usd)} USD"] if usd is not None else []
    note += [between(interval, "percent")] if interval is not None and percent is not None else []
    shown = "; ".join(note)
    return change_fig(percent, shown) if percent is not None else Fig("no ratio", shown, tone="missing")


def _calls(total: TotalRow, notes: Notes) -> Fig:
    if total.upstream_calls is None:
        return absent(total, "upstream_calls", notes)
    note = ""
    if total.embedding_calls:
        tokens = numbers.tokens(round(total.embedding_tokens or 0))
        note = f"and {numbers.tokens(total.embedding_calls)} for embeddings ({tokens} tokens)"
    return Fig(numbers.tokens(total.upstream_calls), note)


def monthly_table(results: Results) -> Table:
    """Cost at the stated number of requests a month, and the saving a year against the baseline row."""
    notes = Notes()
    requests, baseline = (
        numbers.tokens(results.extrapolation.requests_per_month),
        one_line(results.comparison.baseline, 40),
    )

    def saving(price: str) -> Callable[[VariantTotal], Fig]:
        def get(row: VariantTotal) -> Fig:
            if price == "as_routed" and row.of.lab_decides:
                return notes.missing(DECIDED, NO_MERIT)
            if row.total.baseline:
                return Fig("baseline")
            return _amount(row.total, f"monthly.saving_a_year_{price}", numbers.signed_usd_round, notes)

        return get

    def month(row: VariantTotal, price: str) -> Fig:
        return _amount(row.total, f"monthly.{price}", numbers.usd_round, notes)

    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("As routed", lambda row: decided(month(row, "as_routed"), row.of), "USD a month"),
        num("Saving", saving("as_routed"), "USD a year"),
        num("Same model", lambda row: month(row, "same_model"), "USD a month"),
        num("Saving", saving("same_model"), "USD a year"),
        col("Facts kept", lambda row: facts_fig(row.total, notes)),
        col("Wrong answers", lambda row: _wrong(results, row.variant, notes), "served"),
    )
    return table(
        "monthly",
        f"Extrapolated to {requests} requests a month; mix: {one_line(results.extrapolation.mix, 400)}. "
        f"A saving is against {baseline}; a negative saving costs more. What it was bought with stands "
        "beside it: facts over the compared scenarios, and wrong answers from a cache over the questions of "
        "this run that must miss one.",
        columns,
        total_rows(results, lambda total: total.compared),
        notes=notes,
        control=is_control(results),
    )


def _wrong(results: Results, variant: str, notes: Notes) -> Fig:
    """Answers from a cache to another question, of the probes that must miss one; foreign ones beside it."""
    mine = [one for one in results.wrong_answers.served if one.variant == variant]
    if not results.wrong_answers.judged.get(variant):
        return notes.missing("not judged", "No answer could be judged by where it comes from.")
    foreign = sum(one.times for one in mine if one.wrongness == "foreign")
    hits = sum(one.times for one in mine) - foreign
    kept = [one for one in get_args(Wrongness) if one != "foreign"]
    probes = results.wrong_answers.of(variant, kept)
    every = f"{numbers.share(foreign, results.wrong_answers.judged[variant])} from another conversation"
    if not probes:
        return judged(numbers.share(foreign, results.wrong_answers.judged[variant]), not foreign)
    return judged(numbers.share(hits, probes), not hits and not foreign, every if foreign else "")


def _amount(total: TotalRow, name: str, words: Callable[[numbers.Number], str], notes: Notes) -> Fig:
    value = attrgetter(name)(total)
    return absent(total, name, notes) if value is None else Fig(words(float(value)))


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
        return f"{item.suite}/{item.class_}, {item.scenarios[0]}: {item.reason}"
    names = ", ".join(item.scenarios[:NAMED]) + (", …" if len(item.scenarios) > NAMED else "")
    return f"{item.suite}/{item.class_}, {len(item.scenarios)} scenarios ({names}): {item.reason}"
