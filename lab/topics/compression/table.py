"""The part of results.json for compression: tokens saved against facts kept, by kind and size of content."""

from __future__ import annotations

from typing import Literal

from lab.records.models import Record

Third = Literal["start", "middle", "end"]
Content = Literal["payloads", "histories"]


class Saved(Record):
    """Tokens (o200k_base, sums) sent and forwarded, and facts declared and kept, of what reached a model.

    `saved_percent` is signed: negative if tokens were added. What an answer cache saved is not in it.
    """

    sent: float | None = None
    forwarded: float | None = None
    saved_percent: float | None = None
    facts: int = 0
    kept: float | None = None
    kept_percent: float | None = None


class CompressionPoint(Saved):
    """One scenario through one variant: means over the `n` of `of` exchanges that reached a model.

    `asked` is the size of its payload in tokens and `turns` that of a history; `reason` says why there is
    no figure, or why there are fewer exchanges.
    """

    variant: str
    scenario: str
    kind: str
    place: str
    asked: int
    turns: int = 0
    n: int = 0
    of: int = 0
    reason: str | None = None


class KindRow(Saved):
    """One kind of content at one place, or everything (`kind` empty), through one variant.

    It sums the `scenarios` that are measured, of `of`; `whole` of them lost no fact in any exchange.
    """

    variant: str
    kind: str = ""
    place: str = ""
    scenarios: int = 0
    of: int = 0
    whole: int = 0
    reason: str | None = None


class LossRow(Record):
    """Facts lost in one third of what was sent, over all exchanges that reached a model.

    Thirds are of a payload's text, or of a history's turns (`content`).
    """

    variant: str
    content: Content
    third: Third
    facts: int = 0
    lost: int = 0
    lost_percent: float | None = None
    reason: str | None = None


class SizeRow(Record):
    """Latency added at one size of payload: the median of paired own time beyond the control's, in ms.

    `embedding_ms` is the median time of these exchanges in which embeddings were computed.
    """

    variant: str
    asked: int
    added_ms: float | None = None
    embedding_ms: float | None = None
    pairs: int = 0
    reason: str | None = None


class Compression(Record):
    """Tokens saved against facts kept, where facts were lost, and what it cost in time."""

    points: tuple[CompressionPoint, ...] = ()
    kinds: tuple[KindRow, ...] = ()
    totals: tuple[KindRow, ...] = ()
    losses: tuple[LossRow, ...] = ()
    sizes: tuple[SizeRow, ...] = ()
