"""The scripted reply to one request: an answer on its wire, an error, or a whole body."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lab.meter.answers import Answer, Script
from lab.meter.refusal import Refusal
from lab.meter.replies import JSON, SSE, Asked, Headers, Reply, Stream
from lab.meter.script import ScriptedAnswer
from lab.meter.wire import TextWire
from lab.wires import exact

MARKER: Final = "${marker}"
# The types that providers give these states, where a script names none.
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def reply_to(asked: Asked, wire: TextWire, script: Script, given: Answer) -> Reply | Stream:
    """What the script answers on this wire, with its headers."""
    said = script.answer
    headers: Headers = ()
    if said.headers:
        headers = tuple((name.lower().encode(), value.encode()) for name, value in said.headers.items())
    if said.status >= 400:
        return _error(wire, said, headers)
    body = (
        next((text for kind, text in said.bodies.items() if kind == wire.kind), None) if said.bodies else None
    )
    if body is not None:
        text = body if isinstance(body, str) else exact.dumps(body).decode()
        kind = SSE if text.startswith(("event:", "data:")) else JSON
        raw = text.replace(MARKER, script.marker).encode()
        return Reply(said.status, raw, kind, headers, "scripted")
    reply = wire.answer(asked, given)
    if isinstance(reply, Stream):
        return replace(reply, status=said.status, headers=reply.headers + headers)
    reply.status, reply.headers = said.status, reply.headers + headers
    return reply


def _error(wire: TextWire, said: ScriptedAnswer, headers: Headers) -> Reply:
    usual = _TYPES.get(said.status, "invalid_request_error" if said.status < 500 else "api_error")
    kind = said.error.type or usual
    reply = wire.refuse(Refusal(said.status, said.error.message, kind=kind, code=said.error.code))
    reply.headers, reply.answered_by = reply.headers + headers, "scripted"
    return reply
