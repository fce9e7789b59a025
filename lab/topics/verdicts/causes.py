"""What a failed check comes from: reasons that differ in names and numbers alone have one cause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lab.checks.registry import Judgement

# One habit that fails checks in words of their own; the first that fits is the cause.
_HABITS: Final = (
    (re.compile(r"did not ask for usage"), "the gateway does not ask for usage"),
    (re.compile(r"^the response states no \w+ tokens"), "usage is missing"),
    (re.compile(r"^the provider called .*; what arrived is none$"), "tool calls dropped"),
    (re.compile(r"^the provider called .* with other arguments"), "arguments changed"),
    (re.compile(r"^the provider called .*; what arrived is "), "tool calls changed"),
    (re.compile(r"outside JSON's interoperable range"), "integers rounded"),
    (re.compile(r" was chosen; this scenario accepts "), "another tier chosen"),
    # Whatever is lost or joined.
    (re.compile(r" (lost .+ of|has another .+ in) its schema"), "the tool's schema was changed"),
    (re.compile(r" (glued|joined) to the one before it"), "texts were joined without white space"),
)
_ADDED: Final = re.compile(r'^([a-z ]*text) "((?:[^"\\]|\\.)*)".* was added')
_TEXT_ADDED: Final = re.compile(r"([a-z ]*?text) .*… was added")
MOST_WORDS: Final = 3
# Names and amounts, longest kinds first: quotations, JSON, examples, and whatever has a digit in it.
_NAMES: Final = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r'"(?:[^"\\]|\\.)*"', "…"),
        (r"\[.*\]|\{.*\}", "…"),
        (r", such as .*", ""),
        (r"\S*\d\S*", "N"),
        (r" N of N\b", ""),
        (r"\b(\w+?)s were\b", r"\1 was"),
        (r"\bN characters?\b\)?", "N characters"),
        (r"… N characters", "…"),
        (r"\b(call|result) of \S+", r"\1"),
        (r"\bimage/\w+", "image"),
        (r"\b(tool|call)s\b", r"\1"),
    )
)


def causes_of(name: str, judgement: Judgement) -> dict[str, str]:
    """The causes of one failed check, without the names and numbers that each comes with, and its reason.

    What it says is wrong one by one has causes of its own.
    """
    whys: dict[str, str] = {}
    for why in judgement.each or (judgement.why,):
        whys.setdefault(_cause(name, why), why)
    return whys


def _cause(name: str, clause: str) -> str:
    if added := _ADDED.match(clause):
        # What a gateway says to everyone hides nothing that it says to some.
        text = " ".join(added[2].split()[:MOST_WORDS])
        return re.sub(r"\d+", "N", f"{added[1]} {text}… was added")
    # Within a quotation nothing is the lab's own words.
    clause = _NAMES[0][0].sub("…", clause)
    for habit, cause in _HABITS:
        if habit.search(clause):
            return cause
    if name == "tools_kept":
        # It begins with the tool's name.
        clause = clause.partition(" ")[2]
    for pattern, by in _NAMES:
        clause = pattern.sub(by, clause)
    return clause.strip()


def kind_of_addition(cause: str) -> str:
    """Of the cause that a certain text was added, the cause that any was; empty of all others."""
    found = _TEXT_ADDED.match(cause)
    return f"{found[1]} … was added" if found else ""


def failures_of(checks: Mapping[str, Judgement]) -> Iterator[tuple[str, Judgement]]:
    """The failed checks of one exchange, without those that only follow from another that fails too."""
    failed = {name: judgement for name, judgement in checks.items() if judgement.verdict == "fail"}
    for name, judgement in failed.items():
        if judgement.cause not in failed:
            yield name, judgement
