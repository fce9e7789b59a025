"""One exchange with everything a check or a measure may look at; bodies are read only when asked for."""

from __future__ import annotations

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from lab import wires
from lab.errors import RecordsError
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.exchange.others import Foreign, Others
from lab.exchange.provenance import Origin
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.wires import exact
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralAnswer, NeutralRequest

REMEMBERED_REQUESTS = 4
REMEMBERED_ANSWERS = 8

T = TypeVar("T")


class Bodies:
    """Reads request bodies into the neutral form, and finds facts in them, remembering what it can."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._requests: OrderedDict[tuple[str, str], NeutralRequest] = OrderedDict()
        self._answers: OrderedDict[tuple[str, str, str], NeutralAnswer] = OrderedDict()
        self._facts: dict[tuple[str, bytes], tuple[bool, ...]] = {}
        self._worked_out: dict[Hashable, Any] = {}

    def request(self, sha: str, kind: str) -> NeutralRequest:
        """The neutral form of a stored request; `kind` as in lab.wires.KINDS."""
        key = (sha, kind)
        if key not in self._requests:
            try:
                data = exact.loads(self._read(sha))
            except ValueError:
                data = {}
            self._requests[key] = wires.read_request(kind, data)
            if len(self._requests) > REMEMBERED_REQUESTS:
                self._requests.popitem(last=False)
        return self._requests[key]

    def answer(self, sha: str, kind: str, content_type: str) -> NeutralAnswer:
        """What a stored answer says; its types are not looked at. `kind` as in lab.wires.KINDS."""
        key = (sha, kind, content_type)
        if key not in self._answers:
            self._answers[key] = wires.read_answer(kind, self._read(sha), content_type, strictly=False)
            if len(self._answers) > REMEMBERED_ANSWERS:
                self._answers.popitem(last=False)
        return self._answers[key]

    def problems(self, sha: str, kind: str, content_type: str) -> tuple[str, ...]:
        """Where a stored answer breaks its wire's rules, as these are read now."""
        return wires.read_answer(kind, self._read(sha), content_type).problems

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
        return self.bodies.request(self.exchange.request, self.kind)

    def request_forwarded(self) -> NeutralRequest | None:
        """What the judged call forwarded, in neutral form; None if nothing was."""
        call = self.judged
        if call is None or call.request is None:
            return None
        return self.bodies.request(call.request, call.wire)

    @property
    def kind(self) -> str:
        """The kind of request that the client sends, as in lab.wires.KINDS."""
        return wires.CLIENT_KINDS[self.exchange.wire]

    @property
    def content_type(self) -> str:
        """The content type of the response that the client kept; empty if it was not recorded."""
        attempts = self.exchange.attempts
        return attempts[-1].response_headers.get("content-type", "") if attempts else ""

    def answer_got(self) -> NeutralAnswer | None:
        """What the client got; None if its body was not kept, or cannot be read."""
        return self._answer(self.exchange.response, self.kind, self.content_type)

    def answer_given(self, call: UpstreamRecord) -> NeutralAnswer | None:
        """What the provider answered to this call; None if its body was not kept, or cannot be read."""
        return self._answer(call.response, call.wire, answer_type(call))

    def broken_rules(self) -> tuple[str, ...]:
        """Where the client's answer breaks its wire's rules, as they are read now, or else as recorded."""
        record = self.exchange
        if not record.answer.problems or record.response is None:
            return record.answer.problems
        with contextlib.suppress(RecordsError):
            return self.bodies.problems(record.response, self.kind, self.content_type)
        return record.answer.problems

    def broken_rules_given(self) -> tuple[str, ...]:
        """Where the provider's answer breaks the rules of the client's wire; none if it is on another."""
        call = self.answering
        if call is None or call.response is None or call.wire != self.kind:
            return ()
        with contextlib.suppress(RecordsError):
            return self.bodies.problems(call.response, call.wire, answer_type(call))
        return ()

    def _answer(self, sha: str | None, kind: str, content_type: str) -> NeutralAnswer | None:
        # A report of damaged records says so where it shows them; here the body counts as not kept.
        with contextlib.suppress(RecordsError):
            return None if sha is None else self.bodies.answer(sha, kind, content_type)
        return None

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
        return self.others.foreign_in(self.exchange, all_text(self.request_sent()), forwarded, self._said)

    def _said(self, record: ExchangeRecord) -> Iterator[str]:
        """What a client wrote in another exchange, and what it was answered, as far as that was kept."""
        with contextlib.suppress(RecordsError):
            sent = self.bodies.request(record.request, wires.CLIENT_KINDS[record.wire])
            for message in sent.messages:
                if message.role == "user":
                    yield from (part.text for part in message.parts if part.kind == "text")
            # Real models, whose answers carry no marker, use the same phrases again and again.
            if record.answer.text_sha and record.answer.markers:
                yield self.bodies.text(record.answer.text_sha)


def all_text(request: NeutralRequest) -> str:
    """Everything of a request that a model reads as text, the tools' descriptions and schemas too."""
    tools = (f"{tool.name}\n{tool.description}\n{canonical_json(tool.schema)}" for tool in request.tools)
    return "\n".join((forwarded_text(request), *tools))


def answer_type(call: UpstreamRecord) -> str:
    """The content type of the meter's answer: NDJSON if Ollama's wire streams, else server-sent events."""
    if not call.stream:
        return "application/json"
    return "application/x-ndjson" if call.wire.startswith("ollama") else "text/event-stream"
