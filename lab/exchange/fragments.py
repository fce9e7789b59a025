"""Fragments of what clients and models said, by which a conversation is known again in another's request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lab.exchange.spellings import plain
from lab.records.models import ExchangeRecord

# Fewer words in a row are phrases that anyone may use.
LENGTH: Final = 7
# In tokens; what is longer is data, whose pieces are alike everywhere.
LONGEST: Final = 2000
_WORD: Final = re.compile(r"\w+")

Fragment = tuple[str, ...]
Said = Callable[[ExchangeRecord], Iterable[str]]


class Fragments:
    """All runs of words in short prompts and in answers, each with who said it; None if several did.

    `scope_of` names the conversation of an exchange. Texts are read when they are first asked for.
    """

    def __init__(
        self, exchanges: Iterable[ExchangeRecord], scope_of: Callable[[ExchangeRecord], object]
    ) -> None:
        self._scope_of = scope_of
        self._exchanges: dict[str, list[ExchangeRecord]] = {}
        self._by_variant: dict[str, dict[Fragment, ExchangeRecord | None]] = {}
        for record in sorted(exchanges, key=lambda one: one.seq):
            self._exchanges.setdefault(record.variant, []).append(record)

    def found(
        self, variant: str, before: str, after: str, said: Said
    ) -> Iterator[tuple[ExchangeRecord, str]]:
        """Who of these clients first said what is in `after` and not in `before`, both plain texts."""
        if variant not in self._by_variant:
            self._by_variant[variant] = self._index(variant, said)
        known = self._by_variant[variant]
        sent = frozenset(before.split("\n"))
        after = "\n".join(line for line in after.split("\n") if line not in sent)
        own: set[Fragment] | None = None
        for n, fragment in enumerate(_fragments(after)):
            if (record := known.get(fragment)) is not None:
                own = set(_fragments(before)) if own is None else own
                if fragment not in own:
                    words = list(_WORD.finditer(after))
                    yield record, after[words[n].start() : words[n + LENGTH - 1].end()]

    def _index(self, variant: str, said: Said) -> dict[Fragment, ExchangeRecord | None]:
        first: dict[Fragment, ExchangeRecord | None] = {}
        for record in self._exchanges.get(variant, ()):
            if record.tokens_sent.total > LONGEST:
                continue
            for fragment in _fragments(plain("\n".join(said(record)))):
                known = first.setdefault(fragment, record)
                if known is not None and self._scope_of(known) != self._scope_of(record):
                    first[fragment] = None
        return first


def _fragments(text: str) -> Iterator[Fragment]:
    words = _WORD.findall(text)
    return zip(*(words[n:] for n in range(LENGTH)), strict=False)
