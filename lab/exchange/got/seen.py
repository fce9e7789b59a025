"""What the model got of one call, all of it in counts."""

from __future__ import annotations

from typing import Any

from lab.exchange.got.honoured import answer_counts
from lab.exchange.got.loss import Counts
from lab.exchange.got.marks import mark_counts
from lab.exchange.got.reading import reading_of
from lab.exchange.got.texts import of, text_counts
from lab.exchange.got.toolwords import tool_counts
from lab.records.models import ModelInput
from lab.wires.neutral import NeutralAnswer, NeutralRequest


def counts_of(
    request: NeutralRequest,
    given: ModelInput,
    prompt: str | None,
    answer: NeutralAnswer | None,
    ceiling: int | None = None,
    body: dict[str, Any] | None = None,
) -> Counts:
    """Everything that can be said of one call: what of the request was in the prompt, and what of its wishes.

    `body` is the request as it was handed over, for what its neutral form leaves out. `prompt` is None if the
    text itself was not seen: then only the lengths tell, and what the answer shows.
    """
    counts: Counts = {}
    if given.cut is not None:
        read, whole = given.tokens, given.tokens_whole
        about = "" if given.seen_by == "trace" else "about "
        lengths = given.why if read is None or whole is None else f"{read:,} of {about}{whole:,} tokens"
        of(counts, "whole_prompt").add("lost" if given.cut else "kept", lengths)
    if prompt is not None:
        reading = reading_of(given, prompt)
        counts |= text_counts(request, reading, given.images, body)
        # Then a tool's name within a text of a turn is not taken for the tool.
        counts |= tool_counts(request, reading) if request.tools else {}
        counts |= mark_counts(request, body or {}, prompt)
    if answer is not None:
        counts |= answer_counts(request, answer, ceiling, given.form)
        stated, read = answer.usage.input, given.tokens
        if given.seen_by == "trace" and read is not None:
            right = stated == read
            of(counts, "usage").add("kept" if right else "lost", f"{read} tokens read, {stated} stated")
    return counts
