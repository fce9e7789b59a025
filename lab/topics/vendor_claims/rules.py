"""How an observed figure is held against a stated one: reproduced, not reproduced, or not testable here.

Only a figure that misses with certainty is held against a claim: not one whose 95 % interval reaches what is
stated, not one observed under conditions in which a miss proves nothing, and not one of too few samples.
"""

from __future__ import annotations

import math
from typing import Literal

from lab.records.manifest import ClaimInfo
from lab.topics.vendor_claims.registry import NotSeen, Outcome, Seen

Verdict = Literal["reproduced", "not_reproduced", "not_testable"]
REACHES = "the 95 % interval of what was observed reaches what is stated"
Z95 = 1.959963984540054


def judge(claim: ClaimInfo, outcome: Outcome) -> tuple[Verdict, str]:
    """The verdict on a claim, and why in words (empty if the figures say it all)."""
    if isinstance(outcome, NotSeen) or claim.not_testable:
        return "not_testable", claim.not_testable or str(outcome)
    if claim.rule == "share":
        return _shares(claim, outcome)
    if holds(claim, outcome.value):
        return ("not_reproduced", outcome.spoiled) if outcome.spoiled else ("reproduced", "")
    undecided = REACHES if reaches(claim, outcome) else outcome.undecided
    if undecided or claim.one_sided:
        return "not_testable", f"undecided: {undecided}" if undecided else claim.one_sided
    return "not_reproduced", ""


def shown(claim: ClaimInfo, outcome: Outcome) -> Outcome:
    """The figure to judge: one that does not count, if only that is what the claim states."""
    if isinstance(outcome, NotSeen) or outcome.rival is None or claim.stated is None:
        return outcome
    rival = holds(claim, outcome.rival.value) and not holds(claim, outcome.value)
    return outcome.rival if rival else outcome


def holds(claim: ClaimInfo, value: float) -> bool:
    """Whether this figure is what the claim states, give or take its tolerance."""
    stated = claim.stated or 0.0
    match claim.rule:
        case "at_most":
            return value <= stated + claim.tolerance
        case "at_least":
            return value >= stated - claim.tolerance
        case _:
            return abs(value - stated) <= claim.tolerance


def reaches(claim: ClaimInfo, seen: Seen) -> bool:
    """Whether some figure within the observed interval is what the claim states."""
    if seen.low is None or seen.high is None:
        return False
    inside = min(max(claim.stated or 0.0, seen.low), seen.high)
    return holds(claim, inside)


def _shares(claim: ClaimInfo, seen: Seen) -> tuple[Verdict, str]:
    """Two counts agree if their 95 % intervals overlap; fewer samples than the claim's are too few."""
    of, stated = claim.of or 0, round(claim.stated or 0.0)
    if seen.part is None or seen.of is None or seen.of < of:
        return "not_testable", f"{seen.of or 0} samples are fewer than the {of} that the claim is about"
    low, high = share_interval(stated, of)
    mine = share_interval(seen.part, seen.of)
    words = (
        f"95 % intervals: stated {stated} of {of} is {low:.0%} to {high:.0%}, "
        f"observed {seen.part} of {seen.of} is {mine[0]:.0%} to {mine[1]:.0%}"
    )
    return ("reproduced" if mine[0] <= high and low <= mine[1] else "not_reproduced"), words


def share_interval(part: int, of: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share, between 0 and 1; `of` is at least 1."""
    share = part / of
    spread = Z95 * math.sqrt(share * (1 - share) / of + Z95**2 / (4 * of**2))
    scale = 1 + Z95**2 / of
    middle = share + Z95**2 / (2 * of)
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
