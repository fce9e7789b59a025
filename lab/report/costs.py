"""The cost tables: overall with the difference to the baseline, and by month and year."""

from __future__ import annotations

from decimal import Decimal

from lab.kit import numbers
from lab.kit.anchors import variant_head
from lab.kit.cell_figs import NO, YES, change_fig, kept_fig
from lab.kit.deciding import DECIDED, NO_MERIT, decided
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import one_line
from lab.report.class_costs import between
from lab.report.summary import absent
from lab.results.models import Interval, Results, TotalRow, VariantRow


def total_rows(results: Results) -> list[tuple[VariantRow, TotalRow | None]]:
    """Every variant with its totals row, in the order of the run."""
    rows = {row.variant: row for row in results.totals}
    return [(variant, rows.get(variant.name)) for variant in results.variants]


def why_missing(variant: VariantRow, total: TotalRow | None) -> Fig:
    """Why a variant has no row of figures."""
    reason = (total.reason if total else None) or variant.reason or "no reason was recorded"
    word = status_word(variant.status) if variant.status != "measured" else "not compared"
    return Fig(word, note=one_line(reason, 400), tone="missing")


def cost_table(results: Results) -> Table:
    """Overall cost over the compared scenarios, with the difference to the baseline row."""
    notes = Notes()
    baseline = one_line(results.comparison.baseline, 40)
    rows = []
    for variant, total in total_rows(results):
        control = variant.kind == "control"
        if total is None or not total.compared:
            rows.append(Row(variant_head(variant.name), span=why_missing(variant, total), control=control))
            continue
        cost, diff = total.cost_usd, total.difference
        rows.append(
            Row(
                variant_head(variant.name),
                (
                    decided(_usd(total, "as_routed", cost.as_routed, notes), variant),
                    decided(
                        _difference(
                            total, diff.as_routed_percent, diff.as_routed_usd, diff.as_routed_interval
                        ),
                        variant,
                    ),
                    _usd(total, "same_model", cost.same_model, notes),
                    _difference(
                        total, diff.same_model_percent, diff.same_model_usd, diff.same_model_interval
                    ),
                    _usd(total, "paid_for_failed", cost.paid_for_failed, notes),
                    _calls(total, notes),
                ),
                control=control,
            )
        )
    return Table(
        id="cost-by-variant",
        caption=(
            f"Cost of one pass over the compared scenarios; differences are against {baseline}. A provider "
            "is paid for every upstream call, whether an answer reached the client or not. Intervals are 95% "
            "bootstrap intervals over the repeats of each scenario, differences paired by repeat: what "
            "chance between repeats does, not what other questions would."
        ),
        columns=(
            Column("Variant", num=False),
            Column("As routed", "USD"),
            Column("Difference", f"to {baseline}"),
            Column("Same model", "USD"),
            Column("Difference", f"to {baseline}"),
            Column("Paid for failed exchanges", "USD, sum"),
            Column("Upstream calls", "per pass"),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _usd(total: TotalRow, name: str, value: Decimal | None, notes: Notes) -> Fig:
    if value is None:
        return absent(total, f"cost_usd.{name}", notes)
    text = numbers.usd(value)
    interval: Interval | None = getattr(total.cost_interval, name, None)
    note = [between(interval, "usd")] if interval else []
    note += [one_line(total.cost_usd.note, 120)] if name == "as_routed" and total.cost_usd.note else []
    why = total.reasons.get(f"cost_interval.{name}")
    return Fig(text, "; ".join(note), ref=notes.number(why) if why else 0)


def _difference(
    total: TotalRow, percent: float | None, usd: Decimal | None, interval: Interval | None
) -> Fig:
    if total.baseline:
        return Fig("baseline")
    note = []
    if usd is not None:
        note.append(f"{'+' if usd > 0 else ''}{numbers.usd(usd)} USD")
    if interval is not None and percent is not None:
        note.append(between(interval, "percent"))
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
    requests = numbers.tokens(results.extrapolation.requests_per_month)
    rows = []
    for variant, total in total_rows(results):
        control = variant.kind == "control"
        if total is None or not total.compared:
            rows.append(Row(variant_head(variant.name), span=why_missing(variant, total), control=control))
            continue
        m = total.monthly
        routed = _saving(total, "monthly.saving_a_year_as_routed", m.saving_a_year_as_routed, notes)
        figs = (
            decided(_month(total, "monthly.as_routed", m.as_routed, notes), variant),
            notes.missing(DECIDED, NO_MERIT) if variant.lab_decides else routed,
            _month(total, "monthly.same_model", m.same_model, notes),
            _saving(total, "monthly.saving_a_year_same_model", m.saving_a_year_same_model, notes),
            absent(total, "facts.kept", notes)
            if total.facts.kept is None
            else kept_fig(total.facts.kept, total.facts.total),
            _wrong(results, variant, notes),
        )
        rows.append(Row(variant_head(variant.name), figs, control=control))
    baseline = one_line(results.comparison.baseline, 40)
    return Table(
        id="monthly",
        caption=(
            f"Extrapolated to {requests} requests a month; mix: {one_line(results.extrapolation.mix, 400)}. "
            f"A saving is against {baseline}; a negative saving costs more. What it was bought with stands "
            "beside it: facts over the compared scenarios, wrong answers over all answers of this run."
        ),
        columns=(
            Column("Variant", num=False),
            Column("As routed", "USD a month"),
            Column("Saving", "USD a year"),
            Column("Same model", "USD a month"),
            Column("Saving", "USD a year"),
            Column("Facts kept", num=False),
            Column("Wrong answers", "served", num=False),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _wrong(results: Results, variant: VariantRow, notes: Notes) -> Fig:
    """Answers that belong to another question, of those that could be judged."""
    of = results.wrong_answers.judged.get(variant.name, 0)
    if not of:
        return notes.missing("not judged", "No answer could be judged by where it comes from.")
    wrong = sum(one.times for one in results.wrong_answers.served if one.variant == variant.name)
    return Fig(numbers.share(wrong, of), tone="bad" if wrong else "good", sign=NO if wrong else YES)


def _month(total: TotalRow, name: str, value: object, notes: Notes) -> Fig:
    return absent(total, name, notes) if value is None else Fig(numbers.usd_round(float(str(value))))


def _saving(total: TotalRow, name: str, value: object, notes: Notes) -> Fig:
    if total.baseline:
        return Fig("baseline")
    return absent(total, name, notes) if value is None else Fig(numbers.signed_usd_round(float(str(value))))
