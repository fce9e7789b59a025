"""The registry of checks: each is one small function of an ExchangeView, registered by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from lab.exchange.view import ExchangeView
from lab.results.models import CheckInfo, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check says of one exchange, and why in one sentence."""

    verdict: Verdict
    why: str


Check = Callable[[ExchangeView], Judgement]


@dataclass(frozen=True, slots=True)
class Registered:
    """A check with its stable name and title; `needs_answer` keeps failed exchanges away from it."""

    name: str
    title: str
    needs_answer: bool
    function: Check

    def judge(self, view: ExchangeView) -> Judgement:
        """The check's judgement of one exchange."""
        if self.needs_answer and not view.completed:
            return outside("the exchange failed")
        return self.function(view)


_REGISTRY: dict[str, Registered] = {}


def check(title: str, *, needs_answer: bool = True) -> Callable[[Check], Check]:
    """Register the decorated function as a check under its own name; a name can be taken once."""

    def register(function: Check) -> Check:
        name = function.__name__
        if name in _REGISTRY:
            raise ValueError(f"check {name} is registered twice")
        _REGISTRY[name] = Registered(name, title, needs_answer, function)
        return function

    return register


def registered() -> tuple[Registered, ...]:
    """All checks in the order in which they were registered."""
    return tuple(_REGISTRY.values())


def judging(names: Collection[str]) -> tuple[Registered, ...]:
    """The checks of these names, or all where none is named, in the order in which they were registered."""
    return tuple(entry for entry in registered() if not names or entry.name in names)


def check_infos() -> tuple[CheckInfo, ...]:
    """Names and titles of all checks, for results.json."""
    return tuple(CheckInfo(name=entry.name, title=entry.title) for entry in registered())


def passed(why: str) -> Judgement:
    """A pass, and why."""
    return Judgement("pass", why)


def failed(why: str) -> Judgement:
    """A fail, and why."""
    return Judgement("fail", why)


def outside(why: str) -> Judgement:
    """Not applicable, and why."""
    return Judgement("not_applicable", why)
