"""Where an answer comes from: proven by the marker it carries, whatever any header says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.exchange.sameness import Read, Sameness
from lab.records.manifest import ScenarioInfo
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.wires.canonical import canonical_json
from lab.wires.neutral import REAL

OriginKind = Literal["fresh", "cache", "foreign", "model", "lost", "unproven"]
Conversation = tuple[str, int, str, str]
# Text and tool calls of an answer.
Words = tuple[str, str]

# Ids as short as a gateway may make its own prove nothing.
LONG_ID = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer comes from, why that is known, and the exchange it was first given to.

    `fresh`: its own marker, or else the ids that the provider gave its tool calls, or the provider's words if
    those carry no marker; `cache`: the answer of an earlier exchange of the same conversation, or of an
    `equal` request of the same client, as its marker, its tool calls' ids or its very words tell; `foreign`:
    of another conversation; `model`: a real model, which writes no marker; `lost`: a scripted answer whose
    marker did not arrive; `unproven`: no model was asked and nothing tells who answered. `other_user`: the
    request differed in the user's name alone, under the same credential.
    """

    kind: OriginKind
    why: str
    source: str | None = None
    equal: bool = False
    other_user: bool = False


class Origins:
    """All markers, answers and ids of tool calls of a run, by which the origin of each answer is decided.

    `calls` are the upstream calls by exchange, and `read` reads bodies (None: requests are told apart by
    their bytes). Only what a model answered can come from a cache later, and
    not a text that a gateway has ready for all whom it cannot serve.
    """

    def __init__(
        self,
        exchanges: Iterable[ExchangeRecord],
        scenarios: Sequence[ScenarioInfo],
        calls: Mapping[str, Sequence[UpstreamRecord]],
        read: Read | None = None,
    ) -> None:
        answered = {name: [call for call in made if _answers(call)] for name, made in calls.items()}
        self._given = _given_once(answered)
        infos = {(info.suite, info.id): info for info in scenarios}
        self._paths = {key for key, info in infos.items() if info.path}
        self._scope = {key: info.sequence or info.id for key, info in infos.items()}
        self._same = Sameness({key for key, info in infos.items() if info.other_client}, read)
        self._markers: dict[str, ExchangeRecord] = {}
        self._records: dict[str, ExchangeRecord] = {}
        self._said: dict[tuple[str, Words], list[ExchangeRecord]] = {}
        for record in sorted(exchanges, key=lambda record: record.seq):
            self._markers[record.marker] = self._records[record.id] = record
            if not record.answer.markers and any(_says(call, record) for call in answered.get(record.id, ())):
                self._said.setdefault((record.variant, _words(record)), []).append(record)

    def _elsewhere(self, record: ExchangeRecord) -> bool:
        """Whether it asked for something else than an answer, such as a count of tokens."""
        return (record.suite, record.scenario) in self._paths and not record.answer.text_sha

    def _conversation(self, record: ExchangeRecord) -> Conversation:
        scope = self._scope.get((record.suite, record.scenario), record.scenario)
        return (record.variant, record.repeat, record.suite, scope)

    def of(self, record: ExchangeRecord, chat: Sequence[UpstreamRecord]) -> Origin | None:
        """The origin of an exchange's answer, given its upstream chat calls; None if it has none."""
        if record.status != "completed" or (record.http_status or 0) >= 400 or self._elsewhere(record):
            return self._leaked(record, chat)
        answers = [call for call in chat if _answers(call)]
        # What the provider itself said here, such as a marker that the client quotes, comes from no cache.
        fresh = {record.marker}.union(*(call.answer_markers or () for call in answers))
        earlier: ExchangeRecord | None = None
        strange = [marker for marker in record.answer.markers if marker not in fresh]
        for marker in strange:
            if marker not in self._markers:
                why = f"the answer carries {marker}, which no exchange of this run was given"
                return Origin("foreign", why)
        for seen in (*map(self._markers.__getitem__, strange), *self._called(record)):
            if not self._may_hold(record, seen):
                return Origin("foreign", f"the answer is that of {seen.id}, another conversation", seen.id)
            earlier = seen
        own = record.marker in record.answer.markers
        if earlier is not None and own:
            return Origin("cache", f"the answer is that of {earlier.id} beside its own", earlier.id)
        if own:
            return Origin("fresh", "the answer carries this exchange's own marker")
        return self._cached(record, earlier) if earlier else self._unmarked(record, answers)

    def _leaked(self, record: ExchangeRecord, chat: Sequence[UpstreamRecord]) -> Origin | None:
        """What an exchange without a whole answer was told of another conversation all the same."""
        known = {record.marker}.union(*(call.answer_markers or () for call in chat))
        for marker in record.answer.markers:
            seen = self._markers.get(marker)
            if marker not in known and (seen is None or not self._may_hold(record, seen)):
                whose = f"that of {seen.id}, another conversation" if seen else "no exchange's of this run"
                return Origin(
                    "foreign", f"the failed answer carries {marker}, {whose}", seen.id if seen else None
                )
        return None

    def _may_hold(self, record: ExchangeRecord, seen: ExchangeRecord) -> bool:
        """Whether a cache may have this answer for a request: of its conversation, or of an equal request."""
        together = self._conversation(seen) == self._conversation(record)
        if seen.seq >= record.seq:
            return False
        return together or self._same.equal(seen, record) or self._same.equal_but_for_user(seen, record)

    def _cached(self, record: ExchangeRecord, earlier: ExchangeRecord, how: str = "the answer is") -> Origin:
        equal = self._same.equal(earlier, record)
        other = not equal and self._same.equal_but_for_user(earlier, record)
        whose = f"{earlier.id}, an equal request of the same client" if equal else earlier.id
        whose += ", an equal request but for the user's name" if other else ""
        return Origin("cache", f"{how} that of {whose}", earlier.id, equal, other)

    def _called(self, record: ExchangeRecord) -> list[ExchangeRecord]:
        """Other exchanges to which alone the provider gave tool calls of this answer, by their ids."""
        ids = (call.id for call in record.answer.tool_calls if len(call.id) >= LONG_ID)
        names = {self._given.get(one) for one in ids} - {record.id}
        return [self._records[name] for name in sorted(filter(None, names)) if name in self._records]

    def _unmarked(self, record: ExchangeRecord, answers: Sequence[UpstreamRecord]) -> Origin:
        if any(call.answered_by in REAL for call in answers):
            return Origin("model", "a real model answered, and those write no marker")
        if answers and self._own_calls(record, answers):
            return Origin("fresh", "the tool calls carry the ids that the provider gave this exchange")
        if any(_same_words(record, call) for call in answers):
            return Origin("fresh", "the provider's answer carries no marker of its own, and arrived as it is")
        if answers and not record.answer.text_sha and all(map(_without_text, answers)):
            return Origin("fresh", "a model was asked, and its answer has no text that could carry a marker")
        if answers:
            return Origin("lost", "the provider's answer carried a marker, the client's does not")
        return self._unasked(record)

    def _unasked(self, record: ExchangeRecord) -> Origin:
        """Without a call and a marker, words that were given before tell: to whom they may be given again."""
        said = self._said.get((record.variant, words := _words(record)), ())
        before = [one for one in said if one.seq < record.seq and self._may_hold(record, one)]
        alike = next((one for one in before if self._same.equal(one, record)), None)
        first = alike or next(iter(before if words != SILENCE else ()), None)
        if first is not None:
            return self._cached(record, first, "no model was asked, and the answer is")
        return Origin("unproven", "no model was asked, and no marker says where the answer comes from")

    def _own_calls(self, record: ExchangeRecord, answers: Sequence[UpstreamRecord]) -> bool:
        """Whether every tool call is, by id and name, one that the provider made in this exchange alone."""
        made = {(call.id, call.name) for answer in answers for call in answer.answer_tool_calls or ()}
        got = record.answer.tool_calls
        return bool(got) and all(
            (call.id, call.name) in made and self._given.get(call.id) == record.id for call in got
        )


def _words(record: ExchangeRecord) -> Words:
    """What an answer says; ids of tool calls, which a gateway may make anew, are left out."""
    calls = [(call.name, call.input) for call in record.answer.tool_calls]
    return record.answer.text_sha or "", canonical_json(calls) if calls else ""


SILENCE: Words = ("", "")


def _answers(call: UpstreamRecord) -> bool:
    return call.kind == "chat" and call.status < 400


def _says(call: UpstreamRecord, record: ExchangeRecord) -> bool:
    """Whether an answer's text is a model's, as far as is recorded, and not a gateway's own."""
    real = call.answered_by in REAL or call.answer_text_sha is None
    return real or call.answer_text_sha == (record.answer.text_sha or "")


def _same_words(record: ExchangeRecord, call: UpstreamRecord) -> bool:
    """Whether the provider gave this very text, without its marker; older records do not say so."""
    unmarked = call.answer_markers is not None and record.marker not in call.answer_markers
    return unmarked and (call.answer_text_sha or None) == record.answer.text_sha


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
