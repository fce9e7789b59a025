"""The part of results.json that holds one cell: one scenario through one variant, over all repeats."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from lab.records.manifest import CellStatus
from lab.records.models import Record

Verdict = Literal["pass", "fail", "not_applicable"]
SavingFrom = Literal["content", "cache", "both"]
CacheVerdict = Literal["none", "hit", "mixed", "foreign", "unproven"]
Usd = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class Parts(Record):
    """Mean tokens by part of a request."""

    system: float = 0.0
    messages: float = 0.0
    tools: float = 0.0


class Tokens(Record):
    """Tokens (o200k_base): sent by the client, forwarded behind the gateway, claimed in `usage`, answered.

    `forwarded` sums all upstream chat calls of an exchange. `saved` is sent - forwarded, of which
    `saved_without_call` belongs to exchanges that reached no model at all (cache hits).
    """

    sent: float | None = None
    forwarded: float | None = None
    claimed: float | None = None
    out: float | None = None
    claimed_out: float | None = None
    sent_parts: Parts | None = None
    forwarded_parts: Parts | None = None
    saved: float | None = None
    saved_without_call: float | None = None
    saving_percent: float | None = None
    saving_from: SavingFrom | None = None


class Facts(Record):
    """Declared facts: mean number still found in what the answering model was sent, of `total`."""

    kept: float | None = None
    total: int = 0


class Tools(Record):
    """Tools sent and forwarded (means), and needed tools that arrived with an intact schema."""

    sent: float | None = None
    forwarded: float | None = None
    needed: int = 0
    needed_kept: float | None = None
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


class Choice(Record):
    """A tier or model: the one served most often at the meter, what was claimed, and counts of all served."""

    served: str | None = None
    claimed: str | None = None
    served_counts: dict[str, int] = Field(default_factory=dict)


class TierChoice(Choice):
    """The tier served and claimed beside the tiers the scenario accepts."""

    acceptable: tuple[str, ...] = ()


class Cost(Record):
    """USD paid at the provider per completed exchange; failed exchanges and attempts are paid for in it.

    `as_routed`: each upstream call at its model's own price; `same_model`: all at one price.
    `paid_for_failed`: the sum (not a mean) that exchanges without an answer have cost, as routed.
    """

    as_routed: Usd | None = None
    same_model: Usd | None = None
    paid_for_failed: Usd | None = None
    note: str = ""


class Overhead(Record):
    """Median of paired own time, variant minus control (ms), with a 95 % bootstrap interval."""

    median_ms: float | None = None
    ci_low_ms: float | None = None
    ci_high_ms: float | None = None
    pairs: int = 0
    embedding_ms: float | None = None


class Latency(Record):
    """Latency of completed exchanges in ms; `n` samples; shares are between 0 and 1."""

    p50: float | None = None
    p95: float | None = None
    mean: float | None = None
    std: float | None = None
    n: int = 0
    success: float | None = None
    first_attempt_success: float | None = None
    overhead: Overhead = Overhead()
    unstable: tuple[str, ...] = ()


class Cache(Record):
    """Exchanges answered without a fresh model call: proven by provenance, foreign, or unproven.

    `wrong` of the hits were given to a request that had to miss; `missed` are fresh answers where a hit was
    due.
    """

    verdict: CacheVerdict | None = None
    hits: int = 0
    wrong: int = 0
    missed: int = 0
    foreign: int = 0
    unproven: int = 0
    of: int = 0
    claimed: str | None = None


class CheckResult(Record):
    """A check over the repeats of a cell: passed `passed` of `of` exchanges it applied to."""

    verdict: Verdict
    why: str
    passed: int = 0
    of: int = 0


class Passes(Record):
    """Repeats in which every check that applies passed, of those to which any check applies."""

    passed: int = 0
    of: int = 0


class Cell(Record):
    """One scenario through one variant, over all repeats."""

    variant: str
    scenario: str
    suite: str
    n: int = 0
    completed: int = 0
    status: CellStatus
    reason: str | None = None
    tokens: Tokens = Tokens()
    facts: Facts = Facts()
    tools: Tools = Tools()
    tier: TierChoice = TierChoice()
    model: Choice = Choice()
    upstream_calls: float | None = None
    embedding_calls: float | None = None
    embedding_tokens: float | None = None
    retries: int = 0
    cost_usd: Cost = Cost()
    latency_ms: Latency = Latency()
    cache: Cache = Cache()
    checks: dict[str, CheckResult] = Field(default_factory=dict)
    passes: Passes = Passes()
    varies: tuple[str, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    evidence: tuple[str, ...] = ()
