"""One exchange with everything a check or a measure may look at; bodies are read only when asked for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import orjson

from lab import wires
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.exchange.others import Foreign, Others
from lab.exchange.provenance import Origin
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralRequest

REMEMBERED_REQUESTS = 4

T = TypeVar("T")


class Bodies:
    """Reads request bodies into the neutral form, and finds facts in them, remembering what it can."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._requests: OrderedDict[tuple[str, str], NeutralRequest] = OrderedDict()
        self._facts: dict[tuple[str, bytes], tuple[bool, ...]] = {}
        self._worked_out: dict[Hashable, Any] = {}

    def request(self, sha: str, kind: str) -> NeutralRequest:
        """The neutral form of a stored request; `kind` as in lab.wires.KINDS."""
        key = (sha, kind)
        if key not in self._requests:
            try:
                data = orjson.loads(self._read(sha))
            except orjson.JSONDecodeError:
                data = {}
            self._requests[key] = wires.read_request(kind, data)
            if len(self._requests) > REMEMBERED_REQUESTS:
                self._requests.popitem(last=False)
        return self._requests[key]

    def text(self, sha: str) -> str:
        """A stored text, such as that of an answer."""
        return self._read(sha).decode("utf-8", "replace")

    def facts(self, scenario: ScenarioInfo, sha: str, kind: str, nonce: str) -> tuple[bool, ...]:
        """Which of the scenario's facts a stored request holds, in order; the same text is searched once."""
        name = f"{scenario.suite}/{scenario.id}"
        return self.once(("facts", name, sha, kind), lambda: self._facts_in(scenario, sha, kind, nonce))

    def _facts_in(self, scenario: ScenarioInfo, sha: str, kind: str, nonce: str) -> tuple[bool, ...]:
        text = forwarded_text(self.request(sha, kind))
        digest = hashlib.sha256(text.replace(nonce, "").encode("utf-8", "replace")).digest()
        key = (f"{scenario.suite}/{scenario.id}", digest)
        if key not in self._facts:
            self._facts[key] = tuple(find_facts(scenario.facts, text, scenario.facts_beside))
        return self._facts[key]

    def once(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """What `work_out` gives for this key, worked out once: repeats forward equal bodies."""
        if key not in self._worked_out:
            self._worked_out[key] = work_out()
        known: T = self._worked_out[key]
        return known


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """An exchange, its upstream calls in order of arrival, and what is known of its scenario and variant.

    `chat` are its upstream chat calls of all attempts; `answering` is the last one that the model answered.
    `source` is the exchange that an answer from a cache was first given to (None for all other answers), and
    `others` knows what the run's other conversations said.
    """

    exchange: ExchangeRecord
    upstream: tuple[UpstreamRecord, ...]
    scenario: ScenarioInfo
    variant: VariantStatus
    origin: Origin | None
    bodies: Bodies
    source: ExchangeView | None = None
    others: Others | None = None
    chat: tuple[UpstreamRecord, ...] = field(init=False)
    answering: UpstreamRecord | None = field(init=False)

    def __post_init__(self) -> None:
        chat = tuple(call for call in self.upstream if call.kind == "chat")
        object.__setattr__(self, "chat", chat)
        answering = next((call for call in reversed(chat) if call.status < 400), None)
        object.__setattr__(self, "answering", answering)

    @property
    def completed(self) -> bool:
        """Whether a valid answer came back."""
        return self.exchange.status == "completed"

    @property
    def last_chat(self) -> tuple[UpstreamRecord, ...]:
        """Upstream chat calls of the last attempt, the one whose response the client kept."""
        if len(self.exchange.attempts) < 2:
            return self.chat
        begin = datetime.fromisoformat(self.exchange.attempts[-1].started_at)
        return tuple(call for call in self.chat if datetime.fromisoformat(call.received_at) >= begin)

    @property
    def last_answered(self) -> tuple[UpstreamRecord, ...]:
        """The chat calls of the last attempt that a model answered."""
        return tuple(call for call in self.last_chat if call.status < 400)

    @property
    def judged(self) -> UpstreamRecord | None:
        """The call that shows what the gateway forwards: the answering one, else the last chat call."""
        return self.answering or next(reversed(self.chat), None)

    def request_sent(self) -> NeutralRequest:
        """What the client sent, in neutral form."""
        return self.bodies.request(self.exchange.request, wires.CLIENT_KINDS[self.exchange.wire])

    def request_forwarded(self) -> NeutralRequest | None:
        """What the judged call forwarded, in neutral form; None if nothing was."""
        call = self.judged
        if call is None or call.request is None:
            return None
        return self.bodies.request(call.request, call.wire)

    def requests_forwarded(self) -> tuple[NeutralRequest, ...]:
        """What every chat call forwarded, in neutral form, in order of arrival."""
        bodies = ((call.request, call.wire) for call in self.chat)
        return tuple(self.bodies.request(sha, kind) for sha, kind in bodies if sha is not None)

    def foreign(self) -> Foreign:
        """What of other conversations is in any request that was forwarded for this exchange."""
        return self.bodies.once(("foreign", self.exchange.id), self._foreign)

    def _foreign(self) -> Foreign:
        if self.others is None or not self.chat:
            return Foreign()
        forwarded = "\n".join(map(all_text, self.requests_forwarded()))
        return self.others.foreign_in(self.exchange, all_text(self.request_sent()), forwarded)


def all_text(request: NeutralRequest) -> str:
    """Everything of a request that a model reads as text, the tools' descriptions and schemas too."""
    tools = (f"{tool.name}\n{tool.description}\n{canonical_json(tool.schema)}" for tool in request.tools)
    return "\n".join((forwarded_text(request), *tools))
