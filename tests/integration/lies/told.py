"""What is said of a lie: a sentence, the scenarios on which it is told, and the check that must catch it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.integration.rogue.liars import Liar

WIRES = ("anthropic", "openai")


@dataclass(frozen=True)
class Lie:
    """One lie in a sentence, and how it is caught.

    Of its group's scenarios, `check` fails on those in `on` and on no other (empty: on some), each time with
    `word` in its why. Further checks may fail only if they are in `also`: the lie touches what they judge.
    """

    sentence: str
    check: str
    on: tuple[str, ...]
    word: str
    also: frozenset[str] = frozenset()
    wires: tuple[str, ...] = WIRES
    liar: Liar = field(default_factory=lambda: Liar(()))


@dataclass(frozen=True)
class Group:
    """Lies that are told about the same scenarios, by suite.

    `innocent` are gateways on which no check may fail: they do what an honest one may do, or what a table
    counts and no check judges.
    """

    scenarios: Mapping[str, tuple[str, ...]]
    lies: Mapping[str, Lie]
    innocent: Mapping[str, Liar] = field(default_factory=dict)
    wires: tuple[str, ...] = WIRES

    def told(self, wire: str) -> dict[str, Lie]:
        """The lies that are told on this wire, by name."""
        return {n: lie for n, lie in self.lies.items() if wire in self.wires and wire in lie.wires}

    def liars(self, wire: str) -> dict[str, Liar]:
        """All variants that this group needs on this wire, by name."""
        innocent = self.innocent if wire in self.wires else {}
        return {name: lie.liar for name, lie in self.told(wire).items()} | dict(innocent)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all its scenarios."""
        return tuple(name for names in self.scenarios.values() for name in names)


def caught(check: str, on: str, word: str, sentence: str, *, also: str = "", only: str = "") -> Lie:
    """A lie; what are lists is written as words with spaces between them."""
    wires = tuple(only.split()) or WIRES
    return Lie(sentence, check, tuple(on.split()), word, frozenset(also.split()), wires)


def told(
    lies: Mapping[str, Lie], *, beside: tuple[str, ...] = (), routes: bool = False, cache: str = "none"
) -> dict[str, Lie]:
    """Each of these lies, told by a liar of the same name; `beside` is what all of them do besides."""
    return {
        name: replace(lie, liar=Liar((*beside, name), routes=routes, cache=cache))
        for name, lie in lies.items()
    }


def words(**lists: str) -> dict[str, tuple[str, ...]]:
    """Scenarios by suite, written as words with spaces between them."""
    return {suite: tuple(text.split()) for suite, text in lists.items()}
