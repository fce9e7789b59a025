"""The part of results.json for model servers: what their models got of each call, and what was lost."""

from __future__ import annotations

from pydantic import Field

from lab.records.models import Record


class Got(Record):
    """How many of a kind the calls had, how many of them the model got, and of how many that is not known."""

    of: int = 0
    kept: int = 0
    unsure: int = 0


class NotSeen(Record):
    """Calls of which it is not known what the model got, and why."""

    calls: int
    why: str


class InputRow(Record):
    """One variant's calls to the model server, on one pair of wires, plain or streamed.

    `seen` says of how many calls it is known what the model got, by the way it was seen, and `kinds` what.
    `tokens_read` and `tokens_whole` are the model's own, summed over the calls of which both are known.
    """

    variant: str
    client_wire: str
    server_wire: str
    streamed: bool
    calls: int
    seen: dict[str, int] = Field(default_factory=dict)
    not_seen: tuple[NotSeen, ...] = ()
    tokens_read: int | None = None
    tokens_whole: int | None = None
    context: int | None = None
    kinds: dict[str, Got] = Field(default_factory=dict)


class InputLoss(Record):
    """One kind of thing that the model did not get, through one variant.

    `lost` of `of` things, in so many `scenarios` and `calls`; `scenario` is an example, and `what` is what
    the model did not get there. `also_without` says whether the model server's own row loses it too in one
    of these scenarios (None: the run has no such row).
    """

    variant: str
    kind: str
    lost: int
    of: int
    scenarios: int
    calls: int
    scenario: str
    what: str
    also_without: bool | None = None


class ModelInputs(Record):
    """What the models got: a row per variant and pair of wires, and the losses, the servers' own first."""

    rows: tuple[InputRow, ...] = ()
    losses: tuple[InputLoss, ...] = ()
