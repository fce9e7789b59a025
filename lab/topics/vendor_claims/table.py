"""The part of results.json for vendor claims: what vendors state beside what this run observed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.records.models import Record

ClaimVerdict = Literal["reproduced", "not_reproduced", "not_testable"]


class ClaimRow(Record):
    """One claim beside the observation; both figures are in `unit`s, `part` of `seen_of` is a count.

    `conditions` says under which conditions it was observed, `differs` how the stated ones differ. `own`
    claims are those that a gateway's answers make about themselves. `evidence` is the scenario whose
    exchanges through `variant` show it.
    """

    id: str
    text: str
    by: str
    source: str
    date: str
    own: bool = False
    variant: str | None = None
    measure: str = ""
    stated: float | None = None
    of: int | None = None
    unit: str = ""
    rule: str | None = None
    tolerance: float = 0.0
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    part: int | None = None
    seen_of: int | None = None
    beside: str = ""
    conditions: str = ""
    differs: str = ""
    verdict: ClaimVerdict
    why: str = ""
    evidence: str | None = None


class SystemClaims(Record):
    """All claims about one system, those that were not reproduced first."""

    system: str
    title: str
    rows: tuple[ClaimRow, ...] = ()


class VendorClaims(Record):
    """What vendors state beside what this run observed, and how many claims have which verdict."""

    systems: tuple[SystemClaims, ...] = ()
    counts: dict[ClaimVerdict, int] = Field(default_factory=dict)
