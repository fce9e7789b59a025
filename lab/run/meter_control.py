"""The lab's side of the meter's control API."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from lab.errors import MeterError
from lab.meter.script import ScriptedAnswer
from lab.wires import exact
from lab.wires.neutral import AnsweredBy
from lab.wires.routes import kind_of

_TIMEOUT_S = 30.0
_UPSTREAM_S = 120.0
_NEXT_STEP = "see the meter's log; `lab doctor` says whether it can run here"


@dataclass(frozen=True, slots=True)
class MeterCall:
    """One call the meter received; bodies byte for byte, `received_at` in epoch seconds, the rest in ms."""

    n: int
    exchange: str | None
    caller: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    received_at: float
    duration_ms: float
    first_byte_ms: float | None
    status: int
    stream: bool
    model: str | None
    answered_by: AnsweredBy
    error: str | None
    aborted: bool
    request: bytes
    response: bytes
    credential: str = ""
    ceiling: int | None = None

    @property
    def answer_type(self) -> str:
        """What the meter answered with; it streams NDJSON on Ollama's wires and SSE on the others."""
        if not self.stream:
            return "application/json"
        return "application/x-ndjson" if kind_of(self.path).startswith("ollama") else "text/event-stream"


class MeterControl:
    """Opens and closes exchanges at a running meter; every fault is a MeterError."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = httpx.Client(headers={"x-lab-token": token}, timeout=_TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def health(self) -> dict[str, str]:
        """The meter's status and version."""
        return dict(self._ask("GET", "/_lab/health"))

    def open_exchange(
        self,
        id: str,  # noqa: A002
        callers: Sequence[str],
        marker: str,
        answer: ScriptedAnswer,
        *,
        ceiling: int | None = None,
    ) -> None:
        """From now on the calls of `callers` belong to exchange `id` and are answered with `answer`.

        A local model may generate `ceiling` tokens for it (None: as many as the run allows).
        """
        spec = {
            "id": id,
            "callers": list(callers),
            "marker": marker,
            "answer": answer.model_dump(mode="json"),
            "ceiling": ceiling,
        }
        self._ask("POST", "/_lab/exchange", json=spec)

    def close_exchange(self, id: str, settle_ms: float = 20, wait_ms: float = 2000) -> tuple[MeterCall, ...]:  # noqa: A002
        """The calls of exchange `id` in order, closed once quiet for `settle_ms`, after `wait_ms` at most."""
        params = {"settle_ms": settle_ms, "wait_ms": wait_ms}
        timeout = _TIMEOUT_S + wait_ms / 1e3
        path = f"/_lab/exchange/{quote(id, safe='')}"
        return _calls(self._ask("DELETE", path, params=params, timeout=timeout))

    def ask_upstream(
        self, model: str, path: str, query: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> tuple[int, bytes]:
        """What a real provider says to a request without a gateway: HTTP status and body."""
        spec = {"model": model, "path": path, "query": query, "headers": dict(headers), "body": dict(body)}
        given = self._ask("POST", "/_lab/ask", content=exact.dumps(spec), timeout=_UPSTREAM_S)
        return int(given["status"]), base64.b64decode(given["body_b64"])

    def background(self) -> tuple[MeterCall, ...]:
        """Calls outside any exchange since the last time they were asked for, in order of arrival."""
        return _calls(self._ask("GET", "/_lab/background"))

    def close(self) -> None:
        """Closes the connection; the meter keeps running."""
        self._client.close()

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        where = f"the meter at {self._base_url} ({method} {path})"
        try:
            response = self._client.request(method, f"{self._base_url}{path}", **options)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise MeterError(f"{where} did not answer: {why}", next_step=_NEXT_STEP) from error
        if response.status_code == 204:
            return {}
        try:
            body = response.json()
        except ValueError as error:
            raise MeterError(f"{where} answered no JSON", next_step=_NEXT_STEP) from error
        if response.status_code != 200 or not isinstance(body, dict):
            reason = body.get("error") if isinstance(body, dict) else None
            text = f"{where} answered {response.status_code}: {reason or 'no reason given'}"
            raise MeterError(text, next_step=_NEXT_STEP)
        return body


def _calls(body: dict[str, Any]) -> tuple[MeterCall, ...]:
    try:
        return tuple(_call(raw) for raw in body["calls"])
    except (KeyError, TypeError, ValueError) as error:
        raise MeterError(
            f"the meter's calls are not what was agreed: {error!r}", next_step=_NEXT_STEP
        ) from error


def _call(raw: dict[str, Any]) -> MeterCall:
    fields = {key: value for key, value in raw.items() if not key.endswith("_b64")}
    for body in ("request", "response"):
        fields[body] = base64.b64decode(raw[f"{body}_b64"], validate=True)
    return MeterCall(**fields)
