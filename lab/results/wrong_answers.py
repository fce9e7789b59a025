"""The part of results.json that lists the wrong answers that were served, in all suites of a run."""

from __future__ import annotations

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
    `judged` counts, for each variant, the answers whose origin is known.
    """

    judged: dict[str, int] = Field(default_factory=dict)
    served: tuple[WrongAnswer, ...] = ()


class Embedder(Record):
    """A model for embeddings that a variant asked for by that name, and who computed them."""

    asked: str
    answered_by: AnsweredBy
