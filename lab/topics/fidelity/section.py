"""What arrived changed, dropped or added behind each gateway."""

from __future__ import annotations

from collections.abc import Sequence

from lab.exchange.compare.parameters import wire_name
from lab.kit import numbers
from lab.kit.anchors import variant_columns, variant_head, variant_page
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Section
from lab.kit.tables import (
    ALERT,
    NO,
    YES,
    Fig,
    Row,
    Table,
    Tone,
    col,
    missing,
    passed,
    status_word,
    table,
    without,
)
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.fidelity.table import Addition, Fidelity, FidelityCell, FidelityRow, FidelityTotal

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
    "forwarded: both are shown and held against nobody. Parameters, tools and blocks are compared field by "
    "field on one wire, and between wires by a table of what is the same; what the provider's wire cannot "
    "say is counted. Joined texts arrive one right behind the other, and repaired names and ids are those "
    "that the provider refuses as they were sent: both are shown, and held against nobody either."
)
SHOWN = 170
MOST_ADDITIONS = 12
_SIGNS: dict[str, tuple[str, Tone]] = {
    "kept": (YES, "good"),
    "changed": (NO, "bad"),
    "dropped": (NO, "bad"),
    "added": (ALERT, "warn"),
    "joined": (ALERT, "warn"),
    "rejected": (NO, "bad"),
    "refused": (NO, "bad"),
    "failed": (NO, "bad"),
}
_EXCUSED = {"no_equivalent", "not_judged", "repaired"}
_LOST = (_SIGNS.keys() | _EXCUSED) - {"kept"}


def section(results: Results) -> Section | None:
    """The report's section on fidelity; None where the run has nothing to show."""
    fidelity = results.table(Fidelity)
    if fidelity is None:
        return None
    parts = [Section("How much arrives as it was sent", (totals_table(fidelity),))]
    added = additions_table(fidelity)
    if added.rows:
        parts.append(Section("What is put on top of requests", (added,)))
    some = [row for row in fidelity.rows if any(cell.state in _LOST for cell in row.cells)]
    rest = [row for row in fidelity.rows if row not in some]
    if some:
        parts.append(Section("Features that not everyone keeps", (features_table(fidelity, some),)))
    if rest:
        kept = features_table(fidelity, rest, "fidelity-features-kept")
        parts.append(Section("Features that everyone keeps", (kept,), folded=True))
    return Section("Fidelity", (COMPARED, STATES, *parts), id="fidelity")


def totals_table(fidelity: Fidelity) -> Table:
    """One row a variant: requests without any difference, features kept, and what it adds most."""
    return table(
        "fidelity-totals",
        "Requests that arrived without any difference that counts, and features that all their "
        "requests kept, of those that are judged.",
        (
            col("Variant", lambda total: variant_head(total.variant)),
            col("Provider's wire", _wires, "requests"),
            col("Arrived untouched", _untouched, "requests"),
            col("Features kept", _kept),
            col("The wire cannot say", _unsayable),
            col("Added most often", _added),
        ),
        [
            total
            if total.features or total.exchanges
            else Row(variant_head(total.variant), span=without("not compared", total.reason))
            for total in fidelity.totals
        ],
    )


def _untouched(total: FidelityTotal) -> Fig:
    if not total.exchanges:
        return missing("not asked", "No request was forwarded to a model.")
    return passed(total.untouched, total.exchanges)


def _kept(total: FidelityTotal) -> Fig:
    if not total.features:
        return missing("none judged", "No feature of these requests has an equivalent there.")
    return passed(total.features_kept, total.features)


def _unsayable(total: FidelityTotal) -> Fig:
    """How many parameters and contents the provider's wire has no field for, and which."""
    contents = sum(total.contents_unsayable.values())
    given = ((total.parameters_unsayable, "parameter"), (contents, "content"))
    counts = [numbers.counted(count, what) for count, what in given if count]
    if not counts:
        return Fig("none")
    lost = (*total.unsayable.items(), *total.contents_unsayable.items())
    named = ", ".join(f"{name} in {numbers.counted(times, 'request')}" for name, times in lost)
    return Fig(", ".join(counts), one_line(named, SHOWN))


def _added(total: FidelityTotal) -> Fig:
    if not total.additions:
        return Fig("nothing", sign=YES, tone="good")
    most = total.additions[0]
    share, href = numbers.share(most.exchanges, most.of), evidence_link(total.variant, most.scenario)
    return Fig(one_line(most.what, SHOWN), share, "warn", ALERT, href)


def _wires(total: FidelityTotal) -> Fig:
    """The wires that requests went out on; counted where there are several."""
    wires = [(wire_name(wire), times) for wire, times in total.wires.items()]
    if len(wires) < 2:
        return Fig(wires[0][0] if wires else "none")
    return Fig(", ".join(f"{name} {times}" for name, times in wires))


def additions_table(fidelity: Fidelity) -> Table:
    """Everything a variant adds, the most frequent first, with the request that shows it."""
    rows: list[tuple[FidelityTotal, Addition] | Row] = []
    for total in fidelity.totals:
        rows += [(total, addition) for addition in total.additions[:MOST_ADDITIONS]]
        if (more := len(total.additions) - MOST_ADDITIONS) > 0:
            rows.append(Row(variant_head(total.variant), span=Fig(f"{more} more, each less often")))

    def head(row: tuple[FidelityTotal, Addition]) -> Fig:
        variant, scenario = row[0].variant, row[1].scenario
        return Fig(one_line(variant, 40), href=evidence_link(variant, scenario), page=variant_page(variant))

    def requests(row: tuple[FidelityTotal, Addition]) -> Fig:
        always = row[1].exchanges == row[1].of
        return Fig(numbers.share(row[1].exchanges, row[1].of), "always" if always else "")

    return table(
        "fidelity-additions",
        "What was added, in how many of the requests that did not set it themselves.",
        (
            col("Variant", head),
            col("Added", lambda row: Fig(one_line(row[1].what, 300))),
            col("Requests", requests),
        ),
        rows,
    )


def features_table(
    fidelity: Fidelity, features: Sequence[FidelityRow], name: str = "fidelity-features"
) -> Table:
    """Features in rows, variants in columns."""
    order = {total.variant: number for number, total in enumerate(fidelity.totals)}
    return table(
        name,
        "What became of every feature behind every variant, with its first difference.",
        (
            col(
                "Feature", lambda row: Fig(one_line(row.feature, 80), one_line(", ".join(row.scenarios), 80))
            ),
            variant_columns(order, lambda variant, row: _cell(row.cells[order[variant]]), num=False),
        ),
        features,
    )


def _cell(cell: FidelityCell) -> Fig:
    href = evidence_link(cell.variant, cell.scenario) if cell.scenario else ""
    some = f"kept in {numbers.share(cell.kept, cell.of)}: " if 0 < cell.kept < cell.of else ""
    if cell.state in _EXCUSED:
        why = f"{some}{one_line(cell.why, SHOWN)}"
        return Fig(status_word(cell.state), why, tone="missing", href=href)
    if cell.state not in _SIGNS:
        return missing(cell.state, cell.why, href)
    sign, tone = _SIGNS[cell.state]
    note = "" if cell.state == "kept" else f"{some}{one_line(cell.why, SHOWN)}"
    return Fig(cell.state, note=note, tone=tone, sign=sign, href=href)
