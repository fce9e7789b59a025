"""The part of results.json for wire pairs: the wire of the client, that of the provider, and what is kept."""

from __future__ import annotations

from pydantic import Field

from lab.records.models import Record


class Kept(Record):
    """How often something was kept, of so often that it is judged."""

    kept: int = 0
    of: int = 0


class Pair(Record):
    """A client's wire, the provider's wire (empty: no model was asked), and whether answers were streamed."""

    client_wire: str
    upstream_wire: str
    streamed: bool


class PairRow(Pair):
    """One variant on one pair: scenarios judged there, and those of them that pass in every exchange.

    `facts` are those of completed exchanges; `params`, `tool_calls` and all `checks` count exchanges.
    """

    variant: str
    scenarios: int = 0
    passed: int = 0
    exchanges: int = 0
    completed: int = 0
    facts: Kept = Kept()
    params: Kept = Kept()
    tool_calls: Kept = Kept()
    checks: dict[str, Kept] = Field(default_factory=dict)


class PairLoss(Pair):
    """What a pair fails and another pair of the same variant keeps, of the same scenarios.

    `scenarios` are those that fail the check here and pass it on `kept_on`; `example` is one of them as it
    was sent here, and `why` what the check says of it.
    """

    variant: str
    check: str
    scenarios: int
    kept_on: Pair
    example: str
    why: str


class NotSayable(Record):
    """Scenarios that a client's wire has no place for, by the reason; `example` is one of `suite`."""

    client_wire: str
    scenarios: int
    suite: str
    example: str
    reason: str


class WirePairs(Record):
    """The matrix of wires: a row per variant, client's wire, provider's wire, and way of answering."""

    rows: tuple[PairRow, ...] = ()
    losses: tuple[PairLoss, ...] = ()
    not_sayable: tuple[NotSayable, ...] = ()
