"""What arrived changed, dropped or added behind each gateway."""

from __future__ import annotations

from collections.abc import Sequence

from lab.exchange.compare.parameters import wire_name
from lab.kit import numbers
from lab.kit.anchors import variant_column, variant_head, variant_page
from lab.kit.cell_figs import ALERT, NO, YES, evidence_name
from lab.kit.section import Part, Section
from lab.kit.tables import Column, Fig, Notes, Row, Table, Tone, status_word
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.fidelity.table import Fidelity, FidelityCell, FidelityRow, FidelityTotal

COMPARED = (
    "The request that a client sent is compared with the one that the provider was sent, both in a form "
    "that no wire changes. Moving something to where another wire has it is no difference, nor is joining "
    "or splitting texts with white space at the joints, or leaving out what is the default anyway. The "
    "model's name is not compared: routers change it. Requests that a gateway translates to another "
    "provider's wire have more to lose than those it passes through, so the provider's wire is named."
)
STATES = (
    "Kept means that everything the feature is about arrived. Rejected is the provider's refusal of what "
    "the gateway forwarded, refused the gateway's own. The first difference stands beneath in words. What "
    "the provider's wire has nothing for has no equivalent, and a header that is no provider's need not be "
    "forwarded: both are shown and held against nobody."
)
SHOWN = 170
MOST_ADDITIONS = 12
_SIGNS: dict[str, tuple[str, Tone]] = {
    "kept": (YES, "good"),
    "changed": (NO, "bad"),
    "dropped": (NO, "bad"),
    "added": (ALERT, "warn"),
    "rejected": (NO, "bad"),
    "refused": (NO, "bad"),
    "failed": (NO, "bad"),
}
_EXCUSED = {"no_equivalent": "no equivalent", "not_judged": "not judged"}
_LOST = (_SIGNS.keys() | _EXCUSED.keys()) - {"kept"}
_WORDS = {"not_asked": "not asked", "no_use": "no use"}


def section(results: Results) -> Section | None:
    """The report's section on fidelity; None where the run has nothing to show."""
    fidelity = results.table(Fidelity)
    if fidelity is None:
        return None
    parts = [Part("How much arrives as it was sent", table=totals_table(fidelity))]
    added = additions_table(fidelity)
    if added.rows:
        parts.append(Part("What is put on top of requests", table=added))
    some = [row for row in fidelity.rows if any(cell.state in _LOST for cell in row.cells)]
    rest = [row for row in fidelity.rows if row not in some]
    if some:
        parts.append(Part("Features that not everyone keeps", table=features_table(fidelity, some)))
    if rest:
        kept = features_table(fidelity, rest, "fidelity-features-kept")
        parts.append(Part("Features that everyone keeps", table=kept, folded=True))
    return Section(id="fidelity", title="Fidelity", lead=(COMPARED, STATES), parts=tuple(parts))


def totals_table(fidelity: Fidelity) -> Table:
    """One row a variant: requests without any difference, features kept, and what it adds most."""
    notes = Notes()
    return Table(
        id="fidelity-totals",
        caption="Requests that arrived without any difference that counts, and features that all their "
        "requests kept, of those that are judged.",
        columns=(
            Column("Variant", num=False),
            Column("Provider's wire", "requests", num=False),
            Column("Arrived untouched", "requests", num=False),
            Column("Features kept", num=False),
            Column("Added most often", num=False),
        ),
        rows=tuple(_total(total, notes) for total in fidelity.totals),
        notes=tuple(notes.texts),
    )


def _total(total: FidelityTotal, notes: Notes) -> Row:
    head = variant_head(total.variant)
    if not total.features and not total.exchanges:
        reason = one_line(total.reason or "no reason was recorded", 400)
        return Row(head, span=Fig("not compared", note=reason, tone="missing"))
    first = total.additions[0] if total.additions else None
    untouched = (
        _share(total.untouched, total.exchanges)
        if total.exchanges
        else notes.missing("not asked", "No request was forwarded to a model.")
    )
    return Row(
        head,
        (
            _wires(total),
            untouched,
            _share(total.features_kept, total.features)
            if total.features
            else notes.missing("none judged", "No feature of these requests has an equivalent there."),
            Fig("nothing", sign=YES, tone="good")
            if first is None
            else Fig(
                one_line(first.what, SHOWN),
                note=numbers.share(first.exchanges, first.of),
                tone="warn",
                sign=ALERT,
                href=evidence_name(total.variant, first.scenario),
            ),
        ),
    )


def _wires(total: FidelityTotal) -> Fig:
    """The wires that requests went out on; counted where there are several."""
    wires = [(wire_name(wire), times) for wire, times in total.wires.items()]
    if len(wires) < 2:
        return Fig(wires[0][0] if wires else "none")
    return Fig(", ".join(f"{name} {times}" for name, times in wires))


def _share(passed: int, of: int) -> Fig:
    whole = passed == of
    return Fig(numbers.share(passed, of), sign=YES if whole else NO, tone="good" if whole else "bad")


def additions_table(fidelity: Fidelity) -> Table:
    """Everything a variant adds, the most frequent first, with the request that shows it."""
    rows = []
    for total in fidelity.totals:
        for addition in total.additions[:MOST_ADDITIONS]:
            always = addition.exchanges == addition.of
            href = evidence_name(total.variant, addition.scenario)
            head = Fig(one_line(total.variant, 40), href=href, page=variant_page(total.variant))
            count = Fig(numbers.share(addition.exchanges, addition.of), note="always" if always else "")
            rows.append(Row(head, (Fig(one_line(addition.what, 300)), count)))
        if (more := len(total.additions) - MOST_ADDITIONS) > 0:
            rows.append(Row(variant_head(total.variant), span=Fig(f"{more} more, each less often")))
    return Table(
        id="fidelity-additions",
        caption="What was added, in how many of the requests that did not set it themselves.",
        columns=(
            Column("Variant", num=False),
            Column("Added", num=False),
            Column("Requests", num=False),
        ),
        rows=tuple(rows),
    )


def features_table(
    fidelity: Fidelity, features: Sequence[FidelityRow], name: str = "fidelity-features"
) -> Table:
    """Features in rows, variants in columns."""
    notes = Notes()
    names = [total.variant for total in fidelity.totals]
    rows = [
        Row(
            Fig(one_line(row.feature, 80), note=one_line(", ".join(row.scenarios), 80)),
            tuple(_cell(cell, notes) for cell in row.cells),
        )
        for row in features
    ]
    return Table(
        id=name,
        caption="What became of every feature behind every variant, with its first difference.",
        columns=(Column("Feature", num=False), *(variant_column(name, num=False) for name in names)),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _cell(cell: FidelityCell, notes: Notes) -> Fig:
    href = evidence_name(cell.variant, cell.scenario) if cell.scenario else ""
    some = f"kept in {numbers.share(cell.kept, cell.of)}: " if 0 < cell.kept < cell.of else ""
    if cell.state in _EXCUSED:
        return Fig(_EXCUSED[cell.state], f"{some}{one_line(cell.why, SHOWN)}", tone="missing", href=href)
    if cell.state not in _SIGNS:
        word = _WORDS.get(cell.state) or status_word(cell.state)
        return notes.missing(word, cell.why or "no reason was recorded", href)
    sign, tone = _SIGNS[cell.state]
    note = "" if cell.state == "kept" else f"{some}{one_line(cell.why, SHOWN)}"
    return Fig(cell.state, note=note, tone=tone, sign=sign, href=href)
