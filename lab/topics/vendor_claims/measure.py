"""What vendors state beside what this run observed: reproduced, not reproduced, or not testable here.

Some claims nobody needs to list: what a gateway's own answers state about themselves.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from lab.figures.amounts import grouped
from lab.figures.grid import Grid
from lab.kit import numbers
from lab.records.manifest import ClaimInfo, VariantStatus
from lab.topics.vendor_claims import latency, routing, tokens
from lab.topics.vendor_claims.latency import ONE_MS, QUARTER, circumstances, median_of, pairs_with
from lab.topics.vendor_claims.registry import (
    NotSeen,
    OfScenarios,
    OfVariant,
    Outcome,
    Seen,
    measure_named,
    measures,
    outcome_of,
    scope_of,
)
from lab.topics.vendor_claims.rules import Verdict, judge, shown
from lab.topics.vendor_claims.table import ClaimRow, SystemClaims, VendorClaims
from lab.topics.vendor_claims.tokens import Streamed, tier_claim_percent, usage_honest_percent

__all__ = ["latency", "measure_named", "measures", "routing", "tokens", "vendor_claims_of"]

ORDER: dict[Verdict, int] = {"not_reproduced": 0, "reproduced": 1, "not_testable": 2}
NO_MEASURE = "no measure tests it"
ITS_ANSWERS = "its answers in this run"
COST_SHARE = 0.02
COST_USD = 1e-6


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


def own_claims(grid: Grid, status: VariantStatus) -> Iterator[tuple[ClaimInfo, Outcome]]:
    """What the answers of one gateway variant state, each beside what was observed on the same exchanges."""
    name = status.name
    for stream, kind in ((False, "Usage in whole answers"), (True, "Usage in streamed answers")):
        text = f"{kind} is that of the provider's answer"
        claim = _claim(grid, status, f"usage-{'streamed' if stream else 'whole'}", text)
        yield claim, outcome_of(usage_honest_percent, grid, Streamed(variant=name, stream=stream))
    for stated in (_tier, _overhead, _cost):
        with suppress(NotSeen):  # it states no such thing
            yield stated(grid, status)


def _claim(grid: Grid, status: VariantStatus, claim: str, text: str, **held: Any) -> ClaimInfo:
    """One claim of a variant; `held` says what it is held against, if not that all is true."""
    frame = ClaimInfo(
        system=status.system,
        system_title=status.title,
        id=f"{status.name}-{claim}",
        text=f"{text} ({status.name})",
        source=ITS_ANSWERS,
        date=grid.manifest.created_at[:10],
        by=f"{status.name} itself",
        params={"variant": status.name},
        stated=100.0,
        unit="%",
        rule="at_least",
    )
    return frame.model_copy(update=held)


def _tier(grid: Grid, status: VariantStatus) -> tuple[ClaimInfo, Seen]:
    claim = _claim(grid, status, "tier", "The tier it names is the tier that served")
    return claim, tier_claim_percent(grid, OfVariant(variant=status.name))


def _overhead(grid: Grid, status: VariantStatus) -> tuple[ClaimInfo, Seen]:
    """The median of the header beside the median latency added, within a quarter or 1 ms."""
    scope = scope_of(
        grid,
        OfScenarios(variant=status.name),
        lambda one: one.claimed_overhead_ms is not None and one.reached_model and one.own_ms is not None,
        "",
    )
    pairs = pairs_with(grid, scope, grid.control)
    if not pairs:
        raise NotSeen
    stated = statistics.median([one.claimed_overhead_ms or 0.0 for one, _ in pairs])
    claim = _claim(
        grid,
        status,
        "overhead",
        "The overhead in its header is the latency it adds",
        stated=stated,
        unit="ms",
        rule="about",
        tolerance=max(ONE_MS, QUARTER * stated),
        conditions="The client also waits for what the header leaves out, as before its clock starts.",
    )
    same = numbers.counted(len(pairs), "pair")
    words = f"the same {same} with {grid.control} for both medians, {circumstances(grid)}"
    beyond = [difference for _, difference in pairs]
    return claim, median_of(grid, beyond, words, scope.evidence)


def _cost(grid: Grid, status: VariantStatus) -> tuple[ClaimInfo, Seen]:
    """The mean cost it states beside the mean paid, within 2 %; only for the model whose price is public.

    The models of the tiers have names of the lab's own, whose price no gateway can know.
    """
    public = grid.manifest.default_model
    scope = scope_of(
        grid,
        OfScenarios(variant=status.name),
        lambda one: one.claimed_cost is not None and one.model == public and one.paid.as_routed is not None,
        "",
    )
    stated = statistics.fmean(one.claimed_cost or 0.0 for one in scope.all)
    paid = statistics.fmean(float(one.paid.as_routed or 0) for one in scope.all)
    text = "The cost in its header is what the provider is paid"
    tolerance = max(COST_USD, COST_SHARE * paid)
    claim = _claim(grid, status, "cost", text, stated=stated, unit="USD", rule="about", tolerance=tolerance)
    words = f"mean of {scope.words} with {public}"
    return claim, Seen(paid, words, evidence=scope.evidence)
