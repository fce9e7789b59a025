"""What a failed check comes from: reasons that differ in names and numbers alone have one cause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lab.checks.registry import Judgement

# Checks whose reason lists differences one by one, each of which is a cause of its own.
_LISTING: Final = frozenset(
    {
        "answer_parts_kept",
        "cache_control_kept",
        "content_added",
        "headers_kept",
        "messages_kept",
        "params_kept",
        "system_kept",
        "tool_history_kept",
        "tool_ids_kept",
        "tools_kept",
    }
)
# One habit that fails checks in words of their own; the first that fits is the cause.
_HABITS: Final = (
    (re.compile(r"did not ask for usage"), "the gateway does not ask for usage"),
    (re.compile(r"^the response states no \w+ tokens"), "usage is missing"),
    (re.compile(r"^the provider called .*; what arrived is none$"), "tool calls dropped"),
    (re.compile(r"^the provider called .* with other arguments"), "arguments changed"),
    (re.compile(r"^the provider called .*; what arrived is "), "tool calls changed"),
    (re.compile(r"^outside JSON's interoperable range"), "integers rounded"),
    (re.compile(r" was chosen; this scenario accepts "), "another tier chosen"),
)
# The same of one clause, whatever is lost or joined.
_CLAUSES: Final = (
    (re.compile(r" (lost .+ of|has another .+ in) its schema"), "the tool's schema was changed"),
    (re.compile(r" (glued|joined) to the one before it"), "texts were joined without white space"),
)
_MORE: Final = re.compile(r"^and [\d,]+ more$")
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


def causes_of(name: str, why: str) -> tuple[str, ...]:
    """The causes in one reason of a check, without the names and numbers that they come with."""
    for habit, cause in _HABITS:
        if habit.search(why):
            return (cause,)
    # Within a quotation a semicolon parts nothing.
    whole = _NAMES[0][0].sub("…", why)
    clauses = whole.split("; ") if name in _LISTING else [whole]
    told = (clause for clause in clauses if not _MORE.match(clause))
    return tuple(dict.fromkeys(_plain(name, clause) for clause in told))


def _plain(name: str, clause: str) -> str:
    for shape, cause in _CLAUSES:
        if shape.search(clause):
            return cause
    if name == "tools_kept":
        # It begins with the tool's name.
        clause = clause.partition(" ")[2]
    for pattern, by in _NAMES:
        clause = pattern.sub(by, clause)
    return clause.strip()


def failures_of(checks: Mapping[str, Judgement]) -> Iterator[tuple[str, Judgement]]:
    """The failed checks of one exchange, without those that only follow from another that fails too."""
    failed = {name: judgement for name, judgement in checks.items() if judgement.verdict == "fail"}
    for name, judgement in failed.items():
        if judgement.cause not in failed:
            yield name, judgement
