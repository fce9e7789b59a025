"""What other conversations of a run said earlier: no later client's model may be told of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lab import wires
from lab.exchange.fragments import Fragments, Said
from lab.exchange.spellings import plain, says, spellings
from lab.records.manifest import ScenarioInfo
from lab.records.models import ExchangeRecord

Key = tuple[str, str]
# The nonce at the end of a prompt, as scenarios are sent.
_REF = re.compile(r"\(ref ([0-9a-z]{10})\)")


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a forwarded text holds of other conversations: words, and exchanges by their answers and prompts.

    `quoted` is what of them is in it word for word, if nothing else is, and whose it is. `sought` is how many
    words and earlier answers it could have held.
    """

    words: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    quoted: tuple[str, str] | None = None
    sought: int = 0

    def __bool__(self) -> bool:
        return bool(self.words or self.answers or self.prompts or self.quoted)

    def told_in(self, text: str) -> bool:
        """Whether any of these words are in a text."""
        words = (*self.words, *(self.quoted or ())[:1])
        plainly = spellings(text) if words else ""
        return any(says(plainly, word) for word in words)


class Others:
    """The words and answers of every conversation of a run, and when each was first said through a variant.

    A scenario that declares `foreign` words, or that another client asks, shares nothing with the rest of its
    sequence either. Repeats of one scenario are one client's.
    """

    def __init__(self, exchanges: Iterable[ExchangeRecord], scenarios: Iterable[ScenarioInfo]) -> None:
        self._infos = {(info.suite, info.id): info for info in scenarios}
        self._answers: dict[str, ExchangeRecord] = {}
        self._prompts: dict[Key, ExchangeRecord] = {}
        self._said: dict[str, dict[str, int]] = {}
        self._first: dict[str, int] = {}
        words = self._words()
        exchanges = tuple(exchanges)
        self._fragments = Fragments(exchanges, self._scope)
        for record in exchanges:
            self._answers[record.marker] = record
            if record.nonce:
                known = self._prompts.setdefault((record.variant, record.nonce), record)
                if record.seq < known.seq:
                    self._prompts[record.variant, record.nonce] = record
            self._first[record.variant] = min(record.seq, self._first.get(record.variant, record.seq))
            said = self._said.setdefault(record.variant, {})
            for word in words.get((record.suite, record.scenario), ()):
                said[word] = min(record.seq, said.get(word, record.seq))

    def _words(self) -> dict[Key, set[str]]:
        """Which scenario says which words: those of a sequence that do not declare them foreign."""
        words: dict[Key, set[str]] = {}
        for info in self._infos.values():
            if not info.foreign or info.sequence is None:
                continue
            for mate in self._infos.values():
                if (mate.suite, mate.sequence) == (info.suite, info.sequence):
                    own = set(info.foreign) - set(mate.foreign)
                    words.setdefault((mate.suite, mate.id), set()).update(own)
        return words

    def foreign_in(self, record: ExchangeRecord, sent: str, forwarded: str, said: Said) -> Foreign:
        """What the forwarded text of an exchange holds, and not the sent one, that others said before.

        `said` gives what a client and a model said in another exchange.
        """
        info = self._infos[record.suite, record.scenario]
        uttered = self._said.get(record.variant, {})
        words = {*info.foreign, *(word for word, seq in uttered.items() if seq < record.seq)}
        sought = len(words) + (self._first[record.variant] < record.seq)
        if sent == forwarded or not sought:
            return Foreign(sought=sought)
        before, after = plain(sent), spellings(forwarded, sent)
        answers = (self._answers.get(mark) for mark in wires.find_markers(after) if mark not in before)
        refs = (ref for ref in dict.fromkeys(_REF.findall(after)) if ref not in before)
        prompts = (self._prompts.get((record.variant, ref)) for ref in refs)
        foreign = Foreign(
            words=tuple(sorted(word for word in words if says(after, word) and not says(before, word))),
            answers=tuple(filter(None, (self._stranger(other, record) for other in answers))),
            prompts=tuple(filter(None, (self._stranger(other, record) for other in prompts))),
            sought=sought,
        )
        if foreign:
            return foreign
        found = self._fragments.found(record.variant, before, after, said)
        quoted = ((text, self._stranger(other, record)) for other, text in found)
        return replace(foreign, quoted=next(((text, name) for text, name in quoted if name), None))

    def _scope(self, record: ExchangeRecord) -> Key:
        """The conversation of an exchange: its sequence, if it has one, else its scenario."""
        info = self._infos.get((record.suite, record.scenario))
        return record.suite, (info.sequence if info else None) or record.scenario

    def _stranger(self, other: ExchangeRecord | None, record: ExchangeRecord) -> str | None:
        """An exchange, if it is an earlier one of another conversation."""
        if other is None or other.variant != record.variant or other.seq >= record.seq:
            return None
        own, theirs = (self._infos.get((one.suite, one.scenario)) for one in (record, other))
        if own is None or theirs is None or (own.suite, own.id) == (theirs.suite, theirs.id):
            return None
        together = own.sequence is not None and (own.suite, own.sequence) == (theirs.suite, theirs.sequence)
        apart = bool(own.foreign) or own.other_client != theirs.other_client
        return None if together and not apart else other.id
