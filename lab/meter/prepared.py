"""Requests read, validated and counted; equal bodies, as warm-ups and load tests send, only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab import tokens
from lab.meter.config import Target
from lab.meter.recording import Call
from lab.meter.replies import Asked
from lab.meter.wire import TextWire
from lab.wires import read_request
from lab.wires.neutral import NeutralRequest

_REMEMBERED = 256
_REMEMBERED_BYTES = 16_384


@dataclass(slots=True)
class Prepared:
    """A valid request: its body, its neutral form, where to forward it, and its o200k_base tokens."""

    body: dict[str, Any]
    request: NeutralRequest
    target: Target | None
    input_tokens: int


class Preparer:
    """Prepares requests for answering or forwarding; refusals are raised and never remembered."""

    def __init__(
        self, forward: Mapping[str, Target], forward_for: Mapping[str, Mapping[str, Target]] | None = None
    ) -> None:
        self._forward = forward
        self._forward_for = forward_for or {}
        self._remembered: dict[tuple[object, ...], Prepared] = {}

    def prepare(self, wire: TextWire, asked: Asked, call: Call) -> Prepared:
        """The request in `asked`, whose model and stream are noted on `call`; raises Refusal."""
        wire.authorize(asked.headers)
        named = (asked.headers.get("anthropic-version"), asked.headers.get("anthropic-beta"))
        own = self._forward_for.get(call.caller, {})
        key = (asked.path, named, asked.raw, call.caller if own else "")
        found = self._remembered.get(key)
        if found is None:
            found = self._fresh(wire, asked, call)
            if len(asked.raw) <= _REMEMBERED_BYTES:
                if len(self._remembered) >= _REMEMBERED:
                    self._remembered.clear()
                self._remembered[key] = found
        asked.body = found.body
        call.model, call.stream = found.request.model, found.request.stream
        return found

    def _fresh(self, wire: TextWire, asked: Asked, call: Call) -> Prepared:
        body = wire.read(asked.raw)
        request = read_request(wire.kind, body)
        call.model, call.stream = request.model, request.stream
        forward = {**self._forward, **self._forward_for.get(call.caller, {})}
        target = forward.get(request.model) if request.model else None
        if target is None or target.answered_by != "cloud":  # a provider in the cloud validates for itself
            wire.validate(body, asked.headers)
        counted = 0 if target else tokens.count_parts(request).total
        return Prepared(body, request, target, counted)
