"""The part of results.json for fidelity: what arrived changed, dropped or added behind each gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from lab.records.models import Record

State = Literal[
    "rejected",
    "refused",
    "failed",
    "dropped",
    "changed",
    "added",
    "joined",
    "no_equivalent",
    "not_judged",
    "repaired",
    "kept",
    "not_asked",
    "no_use",
    "unsupported",
    "unavailable",
    "not_run",
]


class FidelityCell(Record):
    """What became of one feature behind one variant: the worst of its exchanges, and why in words.

    `kept` of `of` exchanges kept it. `rejected` is the provider's refusal of what was forwarded, `refused`
    the gateway's own; a header may be of `no_use` on the provider's wire. The provider has nothing for what
    has `no_equivalent`, and a gateway may leave out what is `not_judged`, or replace what the provider
    refuses (`repaired`). `joined` are texts without white space between them. `scenario` shows it.
    """

    variant: str
    state: State
    kept: int = 0
    of: int = 0
    why: str = ""
    scenario: str | None = None


class FidelityRow(Record):
    """One feature of requests, the scenarios that have it, and what became of it behind each variant."""

    feature: str
    scenarios: tuple[str, ...] = ()
    cells: tuple[FidelityCell, ...] = ()


class Addition(Record):
    """What a variant puts on top of `exchanges` of `of` requests that did not have it themselves."""

    what: str
    exchanges: int
    of: int
    scenario: str


class FidelityTotal(Record):
    """One variant: requests that arrived without any difference, features kept, and what is added.

    `unsayable` are parameters that the provider's wire has no field for, each with the requests that had
    it; `parameters_unsayable` is their sum, which no check holds against the variant. `contents_unsayable`
    are the requests of whose texts, calls, results, tools or marks it could not say all, by what it was.

    `exchanges` are those whose forwarded request was compared; `untouched` of them had no difference but for
    headers of the gateway's own and what has no equivalent or is not judged. `wires` are those of the
    provider, with how many of these requests went out on each, the most frequent first.
    """

    variant: str
    reason: str | None = None
    exchanges: int = 0
    untouched: int = 0
    wires: Mapping[str, int] = Field(default_factory=dict)
    features: int = 0
    features_kept: int = 0
    parameters_unsayable: int = 0
    unsayable: Mapping[str, int] = Field(default_factory=dict)
    contents_unsayable: Mapping[str, int] = Field(default_factory=dict)
    additions: tuple[Addition, ...] = ()


class Fidelity(Record):
    """The matrix of features and variants, and each variant as a whole."""

    rows: tuple[FidelityRow, ...] = ()
    totals: tuple[FidelityTotal, ...] = ()
