"""What vendors state beside what this run observed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lab.kit import numbers
from lab.kit.anchors import variant_page
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Section
from lab.kit.tables import NO, YES, Col, Fig, col, table
from lab.kit.text import file_name, one_line
from lab.results.models import Results
from lab.topics.vendor_claims.table import ClaimRow, ClaimVerdict, SystemClaims, VendorClaims

VERDICTS: dict[ClaimVerdict, Fig] = {
    "not_reproduced": Fig("not reproduced", tone="bad", sign=NO),
    "reproduced": Fig("reproduced", tone="good", sign=YES),
    "not_testable": Fig("not testable here"),
}
CERTAIN = (
    "Not reproduced is said only of a figure that misses for certain, under conditions that can be compared: "
    "where the 95% interval of the observation reaches what is stated, or the conditions differ in what "
    "decides, the claim is not testable here. Savings are counted against the tokens that the client sent, "
    "by one tokenizer, and beside them stands how many facts are left."
)
RULES = {"at_most": "at most ", "at_least": "at least ", "about": "about "}


def section(results: Results) -> Section | None:
    """The report's section on vendor claims; None where the run has nothing to show."""
    claims = results.table(VendorClaims)
    if claims is None or not claims.systems:
        return None
    rows = [row for system in claims.systems for row in system.rows]
    beside = (
        "Each figure that is stated about a system of this run, with its source, beside what the run "
        f"observed under the closest conditions it has. {_counts(rows)}"
    )
    return Section(
        "What vendors state",
        (beside, CERTAIN, *(_part(system) for system in claims.systems)),
        id="vendor-claims",
    )


def _counts(rows: Sequence[ClaimRow]) -> str:
    """How many claims have which verdict: those that somebody published, and those of the answers apart."""
    kinds = (
        ("published claims", [row for row in rows if not row.own]),
        ("statements in the gateways' own answers (headers, usage)", [row for row in rows if row.own]),
    )
    return " ".join(f"Of {len(rows)} {kind}: {_verdicts(rows)}." for kind, rows in kinds if rows)


def _verdicts(rows: Sequence[ClaimRow]) -> str:
    counts = Counter(row.verdict for row in rows)
    return ", ".join(f"{counts[verdict]} {fig.text}" for verdict, fig in VERDICTS.items())


def _part(system: SystemClaims) -> Section:
    title = one_line(system.title, 80)
    figures = table(
        f"vendor-claims-{file_name(system.system)}",
        f"Claims about {title}, those that were not reproduced first.",
        COLUMNS,
        system.rows,
    )
    return Section(title, (figures,))


def stated_text(row: ClaimRow) -> str:
    """The stated figure with its unit: `at least 53%`, `4 of 11`, `12 ms`."""
    if row.stated is None:
        return "no figure"
    if row.of is not None:
        return numbers.share(round(row.stated), row.of)
    return RULES.get(row.rule or "", "") + in_unit(row.stated, row.unit)


def in_unit(value: float, unit: str) -> str:
    """A figure in its unit, with the digits that its unit deserves."""
    match unit:
        case "%":
            size = f"{abs(value):,.1f}".removesuffix(".0")
            return f"{numbers.MINUS if value < 0 and size != '0' else ''}{size}%"
        case "ms":
            return f"{numbers.ms(value) if abs(value) >= 1 else f'{value:.3g}'} ms"
        case "USD":
            return f"{numbers.usd(value) if abs(value) < 1 else numbers.usd_round(value)} USD"
        case _:
            return f"{value:,g} {one_line(unit, 20)}".strip()


def _observed(row: ClaimRow) -> Fig:
    if row.observed is None:
        return Fig("nothing")  # the reason stands in the same row
    text = in_unit(row.observed, row.unit)
    if row.part is not None and row.seen_of is not None:
        text = f"{numbers.share(row.part, row.seen_of)} ({text})"
    notes = [row.beside]
    if row.low is not None and row.high is not None:
        notes.insert(0, f"95% interval {in_unit(row.low, row.unit)} to {in_unit(row.high, row.unit)}")
    href = variant_page(row.variant) if row.variant else ""
    href = evidence_link(row.variant, row.evidence) if row.variant and row.evidence else href
    return Fig(text, note=one_line("; ".join(note for note in notes if note), 300), href=href)


def _why(row: ClaimRow) -> Fig:
    """Why the verdict is what it is; beneath, how it was observed and how the stated conditions differ."""
    text = _sentence(row.why) or _held(row)
    how = f"Observed on {row.conditions}." if row.conditions else ""
    return Fig(one_line(text, 400), note=one_line(f"{how} {row.differs}".strip(), 500))


def _held(row: ClaimRow) -> str:
    """What a figure was held against, where nothing else needs to be said."""
    if row.observed is None or row.rule is None:
        return "No reason was recorded."
    give = f", give or take {in_unit(row.tolerance, row.unit)}" if row.tolerance else ""
    verb = "is" if row.verdict == "reproduced" else "is not"
    end = (
        ", nor is any of its 95% interval" if row.verdict == "not_reproduced" and row.low is not None else ""
    )
    return f"{in_unit(row.observed, row.unit)} {verb} {stated_text(row)}{give}{end}."


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!")) else ".") if text else ""


COLUMNS: tuple[Col[ClaimRow], ...] = (
    col(
        "Claim",
        lambda row: Fig(one_line(row.text, 240), one_line(f"{row.by}, {row.date}", 120)),
        "by whom, when",
    ),
    col("Stated", lambda row: Fig(stated_text(row))),
    col("Observed here", _observed),
    col("Verdict", lambda row: VERDICTS[row.verdict]),
    col("Why, and under which conditions", _why),
    col("Source", lambda row: Fig(one_line(row.source.removeprefix("https://"), 160))),
)
