"""Where an answer comes from: proven by the marker it carries, whatever any header says."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.records.manifest import ScenarioInfo
from lab.records.models import ExchangeRecord, UpstreamRecord

OriginKind = Literal["fresh", "cache", "foreign", "model", "lost", "unproven"]
Conversation = tuple[str, int, str, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer comes from, why that is known, and the exchange it was first given to.

    `fresh`: its own marker, or else the ids that the provider gave its tool calls, or the provider's words if
    those carry no marker; `cache`: the answer of an earlier exchange of the same conversation, or of an
    `equal` request, byte for byte and header for header, of the same client; `foreign`: of another
    conversation; `model`: a real model, which writes no marker; `lost`: a scripted answer whose marker did
    not arrive; `unproven`: no model was asked and no marker tells who answered.
    """

    kind: OriginKind
    why: str
    source: str | None = None
    equal: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    exchange: str
    seq: int
    conversation: Conversation
    asks: Hashable


class Origins:
    """All markers, answers and ids of tool calls of a run, by which the origin of each answer is decided.

    `calls` are the upstream calls by exchange. Only what a model answered can come from a cache later, and
    not a text that a gateway has ready for all whom it cannot serve.
    """

    def __init__(
        self,
        exchanges: Iterable[ExchangeRecord],
        scenarios: Sequence[ScenarioInfo],
        calls: Mapping[str, Sequence[UpstreamRecord]],
    ) -> None:
        answered = {name: [call for call in made if _answers(call)] for name, made in calls.items()}
        self._given = _given_once(answered)
        infos = {(info.suite, info.id): info for info in scenarios}
        self._paths = {key for key, info in infos.items() if info.path}
        self._scope = {key: info.sequence or info.id for key, info in infos.items()}
        self._other_client = {key for key, info in infos.items() if info.other_client}
        self._markers: dict[str, _Seen] = {}
        self._texts: dict[tuple[Conversation, str], _Seen] = {}
        for record in exchanges:
            seen = _Seen(record.id, record.seq, self._conversation(record), self._asks(record))
            self._markers[record.marker] = seen
            if record.answer.text_sha and not record.answer.markers and answered.get(record.id):
                key = (seen.conversation, record.answer.text_sha)
                first = self._texts.setdefault(key, seen)
                if seen.seq < first.seq:
                    self._texts[key] = seen

    def _elsewhere(self, record: ExchangeRecord) -> bool:
        """Whether it asked for something else than an answer, such as a count of tokens."""
        return (record.suite, record.scenario) in self._paths and not record.answer.text_sha

    def _conversation(self, record: ExchangeRecord) -> Conversation:
        scope = self._scope.get((record.suite, record.scenario), record.scenario)
        return (record.variant, record.repeat, record.suite, scope)

    def _asks(self, record: ExchangeRecord) -> Hashable:
        """What a gateway sees of a request and its sender; one with another client's key is like no other."""
        key = (record.suite, record.scenario)
        client = record.id if key in self._other_client else ""
        headers = tuple(sorted(record.headers_sent.items()))
        return (record.variant, record.wire, record.request, headers, client)

    def of(self, record: ExchangeRecord, chat: Sequence[UpstreamRecord]) -> Origin | None:
        """The origin of an exchange's answer, given its upstream chat calls; None if it has none."""
        if record.status != "completed" or (record.http_status or 0) >= 400 or self._elsewhere(record):
            return None
        conversation = self._conversation(record)
        earlier: _Seen | None = None
        for marker in record.answer.markers:
            seen = self._markers.get(marker)
            if seen is None:
                return Origin(
                    "foreign", f"the answer carries {marker}, which no exchange of this run was given"
                )
            if seen.exchange == record.id:
                continue
            equal = seen.asks == self._asks(record) and seen.seq < record.seq
            if not equal and (seen.conversation != conversation or seen.seq > record.seq):
                return Origin(
                    "foreign", f"the answer is that of {seen.exchange}, another conversation", seen.exchange
                )
            earlier = seen
        if record.marker in record.answer.markers:
            return Origin("fresh", "the answer carries this exchange's own marker")
        if earlier is not None:
            equal = earlier.asks == self._asks(record)
            whose = f"{earlier.exchange}, an equal request of the same client" if equal else earlier.exchange
            return Origin("cache", f"the answer is that of {whose}", earlier.exchange, equal)
        return self._unmarked(record, conversation, [call for call in chat if _answers(call)])

    def _unmarked(
        self, record: ExchangeRecord, conversation: Conversation, answers: Sequence[UpstreamRecord]
    ) -> Origin:
        if any(call.answered_by in {"ollama", "cloud"} for call in answers):
            return Origin("model", "a real model answered, and those write no marker")
        if answers and self._own_calls(record, answers):
            return Origin("fresh", "the tool calls carry the ids that the provider gave this exchange")
        if any(_same_words(record, call) for call in answers):
            return Origin("fresh", "the provider's answer carries no marker, and arrived as it is")
        if answers and not record.answer.text_sha and all(map(_without_text, answers)):
            return Origin("fresh", "a model was asked, and its answer has no text that could carry a marker")
        if answers:
            return Origin("lost", "the provider's answer carried a marker, the client's does not")
        return self._unasked(record, conversation)

    def _unasked(self, record: ExchangeRecord, conversation: Conversation) -> Origin:
        same = self._texts.get((conversation, record.answer.text_sha or ""))
        if same is not None and same.seq < record.seq:
            return Origin(
                "cache", f"no model was asked, and the text is that of {same.exchange}", same.exchange
            )
        return Origin("unproven", "no model was asked, and no marker says where the answer comes from")

    def _own_calls(self, record: ExchangeRecord, answers: Sequence[UpstreamRecord]) -> bool:
        """Whether every tool call is, by id and name, one that the provider made in this exchange alone."""
        made = {(call.id, call.name) for answer in answers for call in answer.answer_tool_calls or ()}
        got = record.answer.tool_calls
        return bool(got) and all(
            (call.id, call.name) in made and self._given.get(call.id) == record.id for call in got
        )


def _answers(call: UpstreamRecord) -> bool:
    return call.kind == "chat" and call.status < 400


def _same_words(record: ExchangeRecord, call: UpstreamRecord) -> bool:
    """Whether the provider gave this very text, which carries no marker; older records do not say so."""
    return call.answer_markers == () and (call.answer_text_sha or None) == record.answer.text_sha


def _without_text(call: UpstreamRecord) -> bool:
    return call.answer_text_sha == "" and not call.answer_markers


def _given_once(answered: Mapping[str, Sequence[UpstreamRecord]]) -> dict[str, str]:
    """The exchange to which a provider gave a tool call of this id; ids given to several prove nothing."""
    given: dict[str, set[str]] = {}
    for name, calls in answered.items():
        for call in calls:
            for made in call.answer_tool_calls or ():
                given.setdefault(made.id, set()).add(name)
    return {made: next(iter(names)) for made, names in given.items() if made and len(names) == 1}
