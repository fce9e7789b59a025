"""The part of results.json for caching: what answer caches did with questions that must hit and must miss."""

from __future__ import annotations

from typing import Literal

from lab.records.manifest import CellStatus, Differs
from lab.records.models import Record
from lab.results.cell import Usd
from lab.results.wrong_answers import Embedder, Wrongness

Expect = Literal["must_hit", "may_hit", "must_miss"]


class ProbeKind(Record):
    """One kind of question: what a cache must do with it, and which scenarios are of that kind.

    `first` questions open a sequence; the others are the probes, of which those that must miss differ from
    the first question in `differs`; `wrongness` is what a hit of them is.
    """

    kind: str
    expect: Expect
    needs: Literal["exact", "semantic"]
    differs: Differs | None = None
    wrongness: Wrongness | None = None
    first: bool
    scenarios: tuple[str, ...]


class KindCount(Record):
    """What one variant did with one kind of question, in exchanges whose answer has a known origin.

    `hits`: the answer of the same sequence came from the cache; `foreign`: another conversation's answer;
    `unproven`: nothing tells who answered. Of those that must hit, a hit was `due`
    of so many; those that were answered afresh are `missed` savings. `wrong_hits` are the hits that must not
    be; of these, `close` depend on the embeddings. `example` is the scenario to look at: the first with a
    wrong answer, or with a due hit missed.
    """

    kind: str
    expect: Expect
    first: bool
    of: int
    hits: int = 0
    foreign: int = 0
    unproven: int = 0
    due: int = 0
    due_hits: int = 0
    missed: int = 0
    wrong_hits: int = 0
    close: int = 0
    example: str = ""
    status: CellStatus = "measured"
    reason: str | None = None

    @property
    def wrong(self) -> int:
        """Wrong answers: another conversation's, and hits of questions that must miss."""
        return self.foreign + self.wrong_hits


class Served(Record):
    """Answers from the cache, or fresh ones, in figures: means over `n` exchanges, and the median latency.

    `chat_calls` and `embedding_calls` are calls that the meter saw; `tokens_claimed` are the input tokens
    that the answers' usage states. `usd` is what all these calls cost, as routed.
    """

    n: int = 0
    chat_calls: float | None = None
    embedding_calls: float | None = None
    embedding_tokens: float | None = None
    tokens_claimed: float | None = None
    usd: Usd | None = None
    usd_reason: str = ""
    latency_ms: float | None = None


class CacheClaims(Record):
    """What a variant states of its cache beside what is proven, in exchanges.

    `stated` exchanges carry any statement at all; `claimed` of the hits are claimed to be hits, `unclaimed`
    are not; `false` are fresh answers that are claimed to be hits.
    """

    stated: int = 0
    claimed: int = 0
    unclaimed: int = 0
    false: int = 0
    example: str | None = None


class SweepPoint(Record):
    """A pair of questions that differ in words alone: how alike they are, and how often the second hit.

    `close` pairs are so near to the variant's threshold that the model for embeddings decides.
    """

    scenario: str
    title: str
    kind: str
    similarity: float
    same: bool
    close: bool = False
    hits: int
    of: int


class Sweep(Record):
    """The effective threshold of one variant: between the most alike pair missed and the least alike one hit.

    Over pairs of questions that differ in words alone, the least alike first.
    """

    points: tuple[SweepPoint, ...] = ()
    lowest_hit: float | None = None
    highest_missed: float | None = None


class CacheOf(Record):
    """One variant's answer cache: what it has by its description, and what was seen of it.

    `embedders` computed the embeddings that it asked for in these suites.
    """

    variant: str
    cache: str
    threshold: float | None = None
    status: CellStatus = "measured"
    reason: str | None = None
    kinds: tuple[KindCount, ...] = ()
    hits: Served = Served()
    fresh: Served = Served()
    claims: CacheClaims = CacheClaims()
    sweep: Sweep | None = None
    embedders: tuple[Embedder, ...] = ()


class Caching(Record):
    """What answer caches did with questions that must hit and must miss.

    It covers the suites in which something must hit a cache (`suites`).
    """

    suites: tuple[str, ...] = ()
    kinds: tuple[ProbeKind, ...] = ()
    variants: tuple[CacheOf, ...] = ()
    control_ms: float | None = None
    control_n: int = 0
