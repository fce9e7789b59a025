"""What vendors state beside what this run observed: reproduced, not reproduced, or not testable here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import ValidationError

from lab.figures.amounts import grouped
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
    by_system = grouped(_tested(grid), lambda tested: tested[0].system)
    if not by_system:
        return None
    systems = tuple(
        SystemClaims(
            system=name,
            title=tested[0][0].system_title,
            rows=tuple(
                sorted((_row(*one) for one in tested), key=lambda row: ORDER[row.verdict]),
            ),
        )
        for name, tested in by_system.items()
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


def _row(claim: ClaimInfo, outcome: Outcome, own: bool) -> ClaimRow:
    outcome = shown(claim, outcome)
    verdict, why = judge(claim, outcome)
    row = claim.model_dump(include=ClaimRow.model_fields.keys() - {"conditions"})
    row |= {"own": own, "differs": claim.conditions, "verdict": verdict, "why": why}
    row["variant"] = str(claim.params["variant"]) if "variant" in claim.params else None
    if isinstance(outcome, Seen):
        row |= {
            "observed": round(outcome.value, 6),
            "low": None if outcome.low is None else round(outcome.low, 6),
            "high": None if outcome.high is None else round(outcome.high, 6),
            "part": outcome.part,
            "seen_of": outcome.of,
            "beside": outcome.beside,
            "conditions": outcome.conditions,
        }
        if outcome.evidence is not None:
            row["variant"], row["evidence"] = outcome.evidence
    return ClaimRow.model_validate(row)
