"""The parts of an answer on the chat wire that not every answer has."""

from __future__ import annotations

from typing import Any

from lab.meter.answers import Answer, Choice, token_logprobs

Json = dict[str, Any]
# OpenAI keeps its models' thinking to itself; Moonshot's and others' show it.
_SHOW_THINKING = ("kimi", "deepseek")


def choices(given: Answer, number: int) -> list[Choice]:
    """What each choice says and why it ends: the script's own, else the first's."""
    first = Choice(given.text, given.stop)
    return [first, *given.choices, *[first] * number][:number]


def cited(given: Answer) -> list[Json]:
    """Citations of web pages; others have no place here."""
    return [{"type": "url_citation", "url_citation": citation} for citation in url_citations(given)]


def url_citations(given: Answer) -> list[Json]:
    """The citations that name an address, with where the cited words stand."""
    found = []
    for citation in given.script.citations:
        if citation.get("url"):
            at = max(given.text.find(str(citation.get("cited_text", ""))), 0)
            end = at + len(str(citation.get("cited_text", "")))
            found.append(
                {
                    "url": citation["url"],
                    "title": citation.get("title") or "",
                    "start_index": at,
                    "end_index": end,
                }
            )
    return found


def thinking(given: Answer) -> str:
    """The thinking that this model's provider shows; empty for those that show none."""
    return "".join(given.script.thinking) if given.model.startswith(_SHOW_THINKING) else ""


def logprobs(body: Json, text: str) -> Json | None:
    """Log probabilities, if they were asked for."""
    if body.get("logprobs") is not True:
        return None
    return {"content": token_logprobs(text, body.get("top_logprobs") or 0), "refusal": None}
