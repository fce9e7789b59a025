"""What a model server was handed beside the prompt that its model got."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.records.models import ModelInput, UpstreamRecord
from lab.report.diff import compare
from lab.report.layout import Comparison, text_lines
from lab.wires import exact, read_request
from lab.wires.neutral import NeutralRequest

WAYS = {
    "trace": "the very prompt, seen behind the server",
    "template": "as the server renders its template",
    "count": "by the tokens that the server states",
}


def compared(
    number: int, of: int, call: UpstreamRecord, given: ModelInput, read: Callable[[str | None], bytes | str]
) -> Comparison:
    """The texts of a forwarded request beside the prompt; why there is none to show if it was not seen."""
    title = f"What the model server was handed, and what its model got (upstream call {number} of {of})"
    left, right = "Texts of the request that was handed on", _lengths(given)
    handed = read(call.request)
    if given.prompt is None:
        return Comparison(title, left, right, None, given.why or "The prompt itself was not seen.")
    prompt = read(given.prompt)
    if isinstance(handed, str) or isinstance(prompt, str):
        return Comparison(title, left, right, None, handed if isinstance(handed, str) else str(prompt))
    texts = tuple(_texts(read_request(call.wire, exact.loads_object(handed))))
    lines = text_lines(prompt.decode("utf-8", "replace"))
    note = (
        "The right side is the prompt before it was cut to the model's context; marks of the model's own "
        "template are in it, and are no difference that counts."
    )
    return Comparison(title, left, right, compare(texts, lines), note)


def _lengths(given: ModelInput) -> str:
    way = WAYS.get(given.seen_by or "", "not seen")
    if given.tokens is None:
        return f"The prompt, {way}"
    whole = "" if given.tokens_whole in (None, given.tokens) else f" of {given.tokens_whole:,}"
    context = f", with a context of {given.context:,}" if given.context else ""
    return f"The prompt, {way}: the model read {given.tokens:,}{whole} tokens{context}"


def _texts(request: NeutralRequest) -> Iterator[str]:
    for text in request.system:
        yield from text_lines(text)
    for tool in request.tools:
        yield from text_lines(exact.dumps({"name": tool.name, "description": tool.description}).decode())
        yield from text_lines(exact.dumps(tool.schema or {}).decode())
    for message in request.messages:
        for part in message.parts:
            yield from text_lines(part.text or part.name)
