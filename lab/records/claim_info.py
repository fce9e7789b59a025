"""What the manifest keeps of a claim, so that a report needs no configs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ClaimInfo(BaseModel):
    """A figure that somebody states about a system, and how it is tested, as configs/systems said it.

    `by` is `vendor`, or who else states it; `params` are the parameters of `measure` (empty: none tests it).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    system: str
    system_title: str
    id: str
    text: str
    source: str
    date: str
    by: str = "vendor"
    measure: str = ""
    params: dict[str, Any] = {}
    stated: float | None = None
    of: int | None = None
    unit: str = ""
    rule: str | None = None
    tolerance: float = 0.0
    conditions: str = ""
    not_testable: str = ""
    one_sided: str = ""
