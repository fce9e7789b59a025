"""The cost tables: overall with the difference to the baseline, and by month and year."""

from __future__ import annotations

from typing import get_args

from lab.kit import numbers
from lab.kit.anchors import is_control, variant_head
from lab.kit.cell_figs import absent, between, change_fig, cost_fig, facts_fig, value_fig
from lab.kit.deciding import DECIDED, NO_MERIT, decided
from lab.kit.section import Bullets, Section, present
from lab.kit.tables import Col, Fig, Table, col, judged, missing, num, table
from lab.kit.text import one_line
from lab.report.bars import cost_drawing
from lab.report.by_class import class_cost_tables
from lab.report.rows import VariantTotal, total_rows
from lab.report.summary import price_line
from lab.results.models import ClassLeftOut, Results
from lab.results.totals import TotalRow
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


def cost_table(results: Results) -> Table:
    """Overall cost over the compared scenarios, with the difference to the baseline row."""
    baseline = one_line(results.comparison.baseline, 40)

    def as_routed(row: VariantTotal) -> Fig:
        note = one_line(row.total.cost_usd.note, 120)
        return decided(cost_fig(row.total, "as_routed", note), row.of)

    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("As routed", as_routed, "USD"),
        num("Difference", lambda row: decided(_difference(row.total, "as_routed"), row.of), f"to {baseline}"),
        num("Same model", lambda row: cost_fig(row.total, "same_model"), "USD"),
        num("Difference", lambda row: _difference(row.total, "same_model"), f"to {baseline}"),
        num("Paid for failed exchanges", lambda row: cost_fig(row.total, "paid_for_failed"), "USD, sum"),
        num("Upstream calls", lambda row: _calls(row.total), "per pass"),
    )
    return table(
        "cost-by-variant",
        f"Cost of one pass over the compared scenarios; differences are against {baseline}. A provider "
        "is paid for every upstream call, whether an answer reached the client or not. Intervals are 95% "
        "bootstrap intervals over the repeats of each scenario, differences paired by repeat: what "
        "chance between repeats does, not what other questions would.",
        columns,
        total_rows(results, lambda total: total.compared),
        control=is_control(results),
    )


def _difference(total: TotalRow, price: str) -> Fig:
    if total.baseline:
        return Fig("baseline")
    percent, usd, interval = (
        getattr(total.difference, f"{price}_{what}") for what in ("percent", "usd", "interval")
    )
    note = [f"{numbers.signed_usd(usd)} USD"] if usd is not None else []
    note += [between(interval, numbers.percent)] if interval is not None and percent is not None else []
    shown = "; ".join(note)
    return change_fig(percent, shown) if percent is not None else Fig("no ratio", shown, tone="missing")


def _calls(total: TotalRow) -> Fig:
    if total.upstream_calls is None:
        return absent(total, "upstream_calls")
    note = ""
    if total.embedding_calls:
        tokens = numbers.tokens(round(total.embedding_tokens or 0))
        note = f"and {numbers.tokens(total.embedding_calls)} for embeddings ({tokens} tokens)"
    return Fig(numbers.tokens(total.upstream_calls), note)


def monthly_table(results: Results) -> Table:
    """Cost at the stated number of requests a month, and the saving a year against the baseline row."""
    requests = numbers.tokens(results.extrapolation.requests_per_month)
    baseline = one_line(results.comparison.baseline, 40)

    def month(row: VariantTotal, price: str) -> Fig:
        return value_fig(row.total, f"monthly.{price}", numbers.usd_round)

    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("As routed", lambda row: decided(month(row, "as_routed"), row.of), "USD a month"),
        num("Saving", lambda row: _saving(row, "as_routed"), "USD a year"),
        num("Same model", lambda row: month(row, "same_model"), "USD a month"),
        num("Saving", lambda row: _saving(row, "same_model"), "USD a year"),
        col("Facts kept", lambda row: facts_fig(row.total)),
        col("Wrong answers", lambda row: _wrong(results, row.variant), "served"),
    )
    return table(
        "monthly",
        f"Extrapolated to {requests} requests a month; mix: {one_line(results.extrapolation.mix, 400)}. "
        f"A saving is against {baseline}; a negative saving costs more. What it was bought with stands "
        "beside it: facts over the compared scenarios, and wrong answers from a cache over the questions of "
        "this run that must miss one.",
        columns,
        total_rows(results, lambda total: total.compared),
        control=is_control(results),
    )


def _saving(row: VariantTotal, price: str) -> Fig:
    if price == "as_routed" and row.of.lab_decides:
        return missing(DECIDED, NO_MERIT)
    if row.total.baseline:
        return Fig("baseline")
    return value_fig(row.total, f"monthly.saving_per_year_{price}", numbers.signed_usd_round)


def _wrong(results: Results, variant: str) -> Fig:
    """Answers from a cache to another question, of the probes that must miss one; foreign ones beside it."""
    wrong = results.wrong_answers
    mine = [one for one in wrong.served if one.variant == variant]
    if not wrong.judged.get(variant):
        return missing("not judged", "No answer could be judged by where it comes from.")
    foreign = sum(one.times for one in mine if one.wrongness == "foreign")
    hits = sum(one.times for one in mine) - foreign
    probes = wrong.of(variant, [one for one in get_args(Wrongness) if one != "foreign"])
    every = numbers.share(foreign, wrong.judged[variant])
    if not probes:
        return judged(every, not foreign)
    note = f"{every} from another conversation" if foreign else ""
    return judged(numbers.share(hits, probes), not hits and not foreign, note)


def left_out(results: Results) -> tuple[str, ...]:
    """What totals do not cover: variants by name, scenarios in one line per class and reason."""
    comparison = results.comparison
    by_class = comparison.classes_left_out
    named = (*comparison.variants_left_out, *(() if by_class else comparison.scenarios_left_out))
    lines = [*(f"{item.name}: {item.reason}" for item in named), *map(_class_line, by_class)]
    return tuple(one_line(line, 400) for line in lines)


def _class_line(item: ClassLeftOut) -> str:
    """The scenarios by name where they are few, else their number; never a hundred lines."""
    if len(item.scenarios) == 1:
        return f"{item.suite}/{item.class_}, {item.scenarios[0]}: {item.reason}"
    names = ", ".join(item.scenarios[:NAMED]) + (", …" if len(item.scenarios) > NAMED else "")
    return f"{item.suite}/{item.class_}, {len(item.scenarios)} scenarios ({names}): {item.reason}"
