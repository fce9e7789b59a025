"""The part of results.json that lists the wrong answers that were served, in all suites of a run."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from lab.records.models import Record
from lab.wires.neutral import AnsweredBy

# What makes an answer wrong, the gravest first: it is another conversation's, or an earlier one of its own,
# given to a request that differs in this respect (`request`: in which, the suite does not say; `user`: the
# credential; `user_id`: metadata.user_id alone).
Wrongness = Literal["foreign", "question", "context", "request", "user", "user_id", "settings"]


class WrongAnswer(Record):
    """A scenario in which a wrong answer was served, `times` of the `of` answers whose origin is known.

    `source` is the exchange that the answer was first given to, `whose` the scenario asked there (both empty
    if the answer carries a marker that no exchange was given). `similarity` is that of the sequence's two
    questions, if the answer is that of the sequence's first one; `close` if the embeddings decide.
    """

    variant: str
    suite: str
    scenario: str
    title: str
    kind: str
    wrongness: Wrongness
    times: int
    of: int
    source: str = ""
    whose: str = ""
    whose_title: str = ""
    similarity: float | None = None
    close: bool = False
    why: str = ""


class WrongAnswers(Record):
    """Wrong answers of all suites, in the order of variants and scenarios.

    If the repeats of a scenario are wrong for different reasons, each reason is an entry of its own.
    `judged` counts, for each variant, the answers whose origin is known: any may be another conversation's.
    `probes` are those of them to a question that must miss a cache though another of its sequence came before
    it, by what the two differ in: only these may be wrong in that respect.
    """

    judged: dict[str, int] = Field(default_factory=dict)
    probes: dict[str, dict[Wrongness, int]] = Field(default_factory=dict)
    served: tuple[WrongAnswer, ...] = ()

    def of(self, variant: str, wrongness: Collection[Wrongness]) -> int:
        """How many of a variant's answers may be wrong in one of these respects."""
        if "foreign" in wrongness:
            return self.judged.get(variant, 0)
        probes = self.probes.get(variant, {})
        wrong = sum(one.times for one in self.served if one.variant == variant and one.wrongness in wrongness)
        # Scenarios may have been sent in another order than they are listed in.
        return max(wrong, sum(probes.get(one, 0) for one in wrongness))


class Embedder(Record):
    """A model for embeddings that a variant asked for by that name, and who computed them."""

    asked: str
    answered_by: AnsweredBy
