"""What vendors state beside what this run observed: reproduced, not reproduced, or not testable here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import ValidationError

from lab.figures.grid import Grid
from lab.records.manifest import ClaimInfo
from lab.topics.vendor_claims import latency, routing, tokens
from lab.topics.vendor_claims.own import own_claims
from lab.topics.vendor_claims.registry import NotSeen, Outcome, Seen, measure_named, measures
from lab.topics.vendor_claims.rules import Verdict, judge, shown
from lab.topics.vendor_claims.table import ClaimRow, SystemClaims, VendorClaims

__all__ = ["latency", "measure_named", "measures", "routing", "tokens", "vendor_claims_of"]

ORDER: dict[Verdict, int] = {"not_reproduced": 0, "reproduced": 1, "not_testable": 2}
NO_MEASURE = "no measure tests it"


def vendor_claims_of(grid: Grid) -> VendorClaims | None:
    """Every claim about the systems of this run beside the observation; None if there is none."""
    titles: dict[str, str] = {}
    rows: dict[str, list[ClaimRow]] = {}
    for claim, outcome, own in _tested(grid):
        titles.setdefault(claim.system, claim.system_title)
        rows.setdefault(claim.system, []).append(_row(claim, outcome, own=own))
    if not rows:
        return None
    systems = tuple(
        SystemClaims(
            system=name,
            title=titles[name],
            rows=tuple(sorted(rows[name], key=lambda row: ORDER[row.verdict])),
        )
        for name in rows
    )
    counts = Counter(row.verdict for system in systems for row in system.rows)
    return VendorClaims(systems=systems, counts={verdict: counts[verdict] for verdict in ORDER})


def _tested(grid: Grid) -> Iterator[tuple[ClaimInfo, Outcome, bool]]:
    for claim in grid.manifest.claims:
        yield claim, _outcome(grid, claim), False
    for status in grid.manifest.variants:
        if status.kind == "gateway":
            for claim, outcome in own_claims(grid, status):
                yield claim, outcome, True


def _outcome(grid: Grid, claim: ClaimInfo) -> Outcome:
    if not claim.measure:
        return NotSeen(claim.not_testable or NO_MEASURE)
    found = measure_named(claim.measure)
    if found is None:
        return NotSeen(f"this version of the lab has no measure {claim.measure}")
    try:
        return found.function(grid, claim.params)
    except ValidationError as error:
        names = ", ".join(str(item["loc"][0]) for item in error.errors() if item["loc"])
        return NotSeen(f"this version of the lab cannot use the parameters of {claim.measure}: {names}")


def _row(claim: ClaimInfo, outcome: Outcome, *, own: bool) -> ClaimRow:
    outcome = shown(claim, outcome)
    verdict, why = judge(claim, outcome)
    row = ClaimRow(
        id=claim.id,
        text=claim.text,
        by=claim.by,
        source=claim.source,
        date=claim.date,
        own=own,
        variant=str(claim.params["variant"]) if "variant" in claim.params else None,
        measure=claim.measure,
        stated=claim.stated,
        of=claim.of,
        unit=claim.unit,
        rule=claim.rule,
        tolerance=claim.tolerance,
        differs=claim.conditions,
        verdict=verdict,
        why=why,
    )
    return _observed(row, outcome) if isinstance(outcome, Seen) else row


def _observed(row: ClaimRow, seen: Seen) -> ClaimRow:
    low, high = (None if end is None else round(end, 6) for end in (seen.low, seen.high))
    return row.model_copy(
        update={
            "observed": round(seen.value, 6),
            "low": low,
            "high": high,
            "part": seen.part,
            "seen_of": seen.of,
            "beside": seen.beside,
            "conditions": seen.conditions,
            "variant": seen.evidence[0] if seen.evidence else row.variant,
            "evidence": seen.evidence[1] if seen.evidence else None,
        }
    )
