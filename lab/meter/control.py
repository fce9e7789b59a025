"""The control API under /_lab/, which only the lab can use."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, unquote

from pydantic import Field, ValidationError

from lab import __version__
from lab.meter.answers import Script
from lab.meter.config import Model
from lab.meter.recording import Recorder
from lab.meter.refusal import Refusal
from lab.meter.replies import Reply, json_reply
from lab.meter.script import ScriptedAnswer
from lab.wires import exact

M = TypeVar("M", bound=Model)

PREFIX = "/_lab/"
_SETTLE_MS = 20.0
_WAIT_MS = 2000.0
_MAX_WAIT_MS = 600_000.0
# As configs name variants; it is the first segment of the paths that a variant calls.
Caller = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class OpenExchange(Model):
    """The body of POST /_lab/exchange."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    callers: Annotated[list[Caller], Field(min_length=1)]
    marker: Annotated[str, Field(pattern=r"^\S{1,100}$")]
    answer: ScriptedAnswer
    ceiling: Annotated[int, Field(ge=1)] | None = None


class AskUpstream(Model):
    """The body of POST /_lab/ask: a client's own request, to be sent to where this model's calls go."""

    model: Annotated[str, Field(min_length=1)]
    path: Annotated[str, Field(pattern=r"^/\S*$")]
    query: str = ""
    headers: dict[str, str] = Field(default={})
    body: dict[str, Any]


Ask = Callable[[AskUpstream], Awaitable[Reply]]


async def control(
    recorder: Recorder,
    token: str,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    raw: bytes,
    ask: Ask,
) -> Reply:
    """Answers one control request; faults come back as {"error": …} with their status.

    `ask` sends a request on that belongs to no gateway and is recorded nowhere.
    """
    try:
        if path == "/_lab/health" and method in ("GET", "HEAD"):
            return json_reply({"status": "ok", "version": __version__})
        _authorize(headers, token)
        if path == "/_lab/ask" and method == "POST":
            return await ask(_read(AskUpstream, raw))
        return await _route(recorder, method, path, query, raw)
    except Refusal as refusal:
        return json_reply({"error": refusal.message}, status=refusal.status)


def _authorize(headers: dict[str, str], token: str) -> None:
    if not hmac.compare_digest(headers.get("x-lab-token", "").encode(), token.encode()):
        raise Refusal(403, "the header x-lab-token is missing or wrong")


async def _route(recorder: Recorder, method: str, path: str, query: str, raw: bytes) -> Reply:
    if path == "/_lab/exchange" and method == "POST":
        return _open(recorder, raw)
    if path == "/_lab/background" and method == "GET":
        return json_reply({"calls": recorder.drain_background()})
    if path.startswith("/_lab/exchange/") and method == "DELETE":
        given = parse_qs(query)
        calls = await recorder.close(
            unquote(path.removeprefix("/_lab/exchange/")),
            settle_s=_milliseconds(given, "settle_ms", _SETTLE_MS) / 1e3,
            wait_s=_milliseconds(given, "wait_ms", _WAIT_MS) / 1e3,
        )
        return json_reply({"calls": calls})
    raise Refusal(404, f"the control API has no {method} {path}")


def _open(recorder: Recorder, raw: bytes) -> Reply:
    spec = _read(OpenExchange, raw)
    recorder.open(spec.id, tuple(spec.callers), Script(spec.answer, spec.marker), spec.ceiling)
    return Reply(204, b"")


def _read(model: type[M], raw: bytes) -> M:
    try:
        return model.model_validate(exact.loads(raw))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refusal(400, f"{where}: {first['msg']}") from None
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None


def _milliseconds(given: dict[str, list[Any]], key: str, default: float) -> float:
    try:
        value = float(given[key][0]) if key in given else default
    except ValueError:
        raise Refusal(400, f"{key} is not a number of milliseconds") from None
    if not 0 <= value <= _MAX_WAIT_MS:
        raise Refusal(400, f"{key} is not between 0 and {_MAX_WAIT_MS:.0f} ms")
    return value
