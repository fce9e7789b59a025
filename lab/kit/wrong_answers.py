"""What is said of wrong answers, by what makes them wrong: every sentence is true of all that it counts."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kit import numbers
from lab.results.wrong_answers import Wrongness

# Beside a count of answers, in a table.
TO: dict[Wrongness, str] = {
    "foreign": "from another conversation",
    "question": "to another question",
    "context": "to another context",
    "request": "to another request",
    "user": "shared across credentials",
    "user_id": "shared across user ids",
    "settings": "in spite of other settings",
}
# In what the request differs from the one that the answer was first given to.
DIFFERS: dict[Wrongness, str] = {
    "foreign": "another conversation",
    "question": "another question",
    "context": "another context",
    "request": "another request",
    "user": "another credential",
    "user_id": "another metadata.user_id",
    "settings": "other settings",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Wrong answers that are told together: what is counted, of one and of many, and what is true of each."""

    kinds: tuple[Wrongness, ...]
    one: str
    many: str
    text: str

    def counted(self, number: int) -> str:
        """How many there are, in words."""
        return numbers.counted(number, self.one, self.many)


# The gravest first.
GROUPS = (
    Group(
        ("foreign",),
        "answer from another conversation was served",
        "answers from another conversation were served",
        "Each carries the marker of another conversation, or one that no exchange of this run was given.",
    ),
    Group(
        ("question", "context"),
        "answer to another question or context was served",
        "answers to another question or context were served",
        "Each was first given to another question, or to the same one with another history, system prompt, "
        "tool result, document or set of tools.",
    ),
    Group(
        ("request",),
        "answer to another request was served",
        "answers to another request were served",
        "Each was first given to another request of the same sequence; in what the two differ, the suite "
        "does not say.",
    ),
    Group(
        ("user",),
        "answer was shared across credentials",
        "answers were shared across credentials",
        "The question is the same, word for word; the request carries another client's key. The lab scripts "
        "a different answer for that client.",
    ),
    Group(
        ("user_id",),
        "answer was shared across user ids",
        "answers were shared across user ids",
        "The question is the same, word for word, and so is the client's key; the request's metadata names "
        "another user. The lab scripts a different answer for that user.",
    ),
    Group(
        ("settings",),
        "answer was given in spite of other settings",
        "answers were given in spite of other settings",
        "Question and context are the same; the request asks for another temperature, limit of tokens or "
        "other parameter.",
    ),
)
