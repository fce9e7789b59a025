"""Reads an answer of any wire into the neutral form; hostile input becomes problems, never an exception."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from lab.wires import anthropic_answers, ollama_answers, openai_answers, responses_answers
from lab.wires.draft import Bad, Draft, error_text, loads
from lab.wires.events import Event, looks_like_sse, read_sse
from lab.wires.neutral import NeutralAnswer
from lab.wires.routes import KINDS, kind_of

_JSON_READERS: Final[dict[str, Callable[[Draft, dict[str, Any]], None]]] = {
    "messages": anthropic_answers.read_json,
    "chat": openai_answers.read_json,
    "responses": responses_answers.read_json,
    "ollama_chat": ollama_answers.read_json,
    "ollama_generate": ollama_answers.read_json,
}
_SSE_READERS: Final[dict[str, Callable[[Draft, list[Event]], None]]] = {
    "messages": anthropic_answers.read_stream,
    "chat": openai_answers.read_stream,
    "responses": responses_answers.read_stream,
}
_HTML = re.compile(r"\s*<(?:!doctype|html|head|body|script)\b", re.IGNORECASE)


def read_answer(kind: str, raw: bytes, content_type: str, *, strictly: bool = True) -> NeutralAnswer:
    """The answer in `raw`; where it breaks its wire's types or order of events is in `problems`.

    Types are looked at only if `strictly`, which takes ten times as long.
    """
    draft = Draft(strictly=strictly)
    try:
        _read(draft, kind if kind in KINDS else kind_of(kind), raw, content_type.lower())
    except RecursionError:
        draft.problem("the answer is nested too deeply to be read")
    return draft.done()


def _read(draft: Draft, kind: str, raw: bytes, content_type: str) -> None:
    text = raw.decode("utf-8", "replace")
    if "\ufffd" in text and not _is_utf8(raw):
        draft.problem("the answer is not valid UTF-8")
    if not text.strip():
        draft.problem("the answer has an empty body")
    elif "text/event-stream" in content_type or looks_like_sse(text):
        _read_events(draft, kind, text, content_type)
    elif kind.startswith("ollama") and ("ndjson" in content_type or _many_lines(text)):
        ollama_answers.read_stream(draft, text)
    else:
        _read_json(draft, kind, text)


def _read_events(draft: Draft, kind: str, text: str, content_type: str) -> None:
    if "text/event-stream" not in content_type:
        draft.problem("a stream of events under another content type")
    reader = _SSE_READERS.get(kind)
    if reader is None:
        draft.problem("a stream of server-sent events, which this wire does not have")
        return
    events = read_sse(text)
    if not events and _whole_error(draft, kind, text):
        return
    reader(draft, events)


def _whole_error(draft: Draft, kind: str, text: str) -> bool:
    """Read a JSON error that was sent where a stream was announced."""
    if isinstance(loads(text), Bad):
        return False
    draft.problem("a JSON body under the content type text/event-stream")
    _read_json(draft, kind, text)
    return True


def _read_json(draft: Draft, kind: str, text: str) -> None:
    data = loads(text)
    if isinstance(data, Bad):
        html = _HTML.match(text) is not None
        draft.problem("the answer is HTML, not JSON" if html else f"the answer is not JSON: {data.why}")
        return
    if not isinstance(data, dict):
        draft.problem("the answer is JSON, but not an object")
        return
    draft.error = error_text(data)
    if draft.error is not None:
        if kind == "messages" and data.get("type") != "error":
            draft.problem("the error is not in the shape of this wire (type: error)")
        return
    reader = _JSON_READERS.get(kind)
    if reader is not None:
        reader(draft, data)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _many_lines(text: str) -> bool:
    """Whether a body holds one JSON object per line rather than one spread over lines."""
    return text.lstrip().startswith("{") and "}\n{" in text.strip()
