"""The registry of checks: each is one small function of an ExchangeView, registered by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from lab.exchange.quoting import NAMED, listed
from lab.exchange.view import ExchangeView
from lab.records.manifest import ScenarioInfo
from lab.results.cell import Verdict
from lab.results.models import CheckInfo, Gravity


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check says of one exchange, and why in one sentence.

    `cause` is the check that judges the same thing by itself: if it fails too, both are one finding. `each`
    are all things that are wrong, each in a sentence of its own, if there may be several.
    """

    verdict: Verdict
    why: str
    cause: str = ""
    each: tuple[str, ...] = ()


Check = Callable[[ExchangeView], Judgement]
# What the scenario must declare (`tiers` to `expectations`); what is worked out only for scenarios that name
# such a check (`differences`, `toolset`); `name`: that it names this very check.
Need = Literal["tiers", "facts", "tools", "calls", "expectations", "differences", "toolset", "name"]


# `gateways`: it holds what was sent against what was handed on, which says nothing of a model server itself.
Rows = Literal["all", "gateways", "model_servers"]


@dataclass(frozen=True, slots=True)
class Registered:
    """A check: its stable name and title, the topic it is about, how grave a fail is, and what it needs.

    `failed_too` lets it judge exchanges without an answer. `rows` are the variants that it judges.
    """

    name: str
    title: str
    about: str
    gravity: Gravity
    needs: Need | None
    failed_too: bool
    rows: Rows
    function: Check

    def judge(self, view: ExchangeView) -> Judgement:
        """The check's judgement of one exchange."""
        if not self.failed_too and not view.completed:
            return outside("the exchange failed")
        return self.function(view)


_REGISTRY: dict[str, Registered] = {}


def check(
    title: str,
    *,
    about: str,
    gravity: Gravity = "other",
    needs: Need | None = None,
    failed_too: bool = False,
    rows: Rows = "all",
) -> Callable[[Check], Check]:
    """Register the decorated function as a check under its own name; a name can be taken once."""

    def register(function: Check) -> Check:
        name = function.__name__
        if name in _REGISTRY:
            raise ValueError(f"check {name} is registered twice")
        _REGISTRY[name] = Registered(name, title, about, gravity, needs, failed_too, rows, function)
        return function

    return register


def registered() -> tuple[Registered, ...]:
    """All checks in the order in which they were registered."""
    return tuple(_REGISTRY.values())


def judging(names: Collection[str], kind: str = "gateway") -> tuple[Registered, ...]:
    """The checks of these names, or all if none is named, for a variant of this kind, in their order.

    No scenario names those of model servers: they judge whatever such a server is asked.
    """
    server = kind == "model_server"
    other: Rows = "gateways" if server else "model_servers"
    rows = [entry for entry in registered() if entry.rows != other]
    return tuple(entry for entry in rows if not names or entry.name in names or entry.rows == "model_servers")


def applicable(given: Collection[Need]) -> tuple[str, ...]:
    """The names of the checks that need nothing of a scenario, or what is `given`."""
    named = (entry for entry in registered() if entry.rows != "model_servers")
    return tuple(entry.name for entry in named if entry.needs is None or entry.needs in given)


def asks(scenario: ScenarioInfo, need: Need) -> bool:
    """Whether a scenario names a check with that need; naming none means all, but asks for nothing more."""
    return any(entry.needs == need for entry in registered() if entry.name in scenario.checks)


def check_infos() -> tuple[CheckInfo, ...]:
    """What is registered of every check, for results.json."""
    return tuple(
        CheckInfo(name=entry.name, title=entry.title, about=entry.about, gravity=entry.gravity)
        for entry in registered()
    )


def passed(why: str) -> Judgement:
    """A pass, and why."""
    return Judgement("pass", why)


def failed(why: str, cause: str = "") -> Judgement:
    """A fail, and why; `cause` as in Judgement."""
    return Judgement("fail", why, cause)


def failed_each(found: Iterable[str], cause: str = "", *, named: int = NAMED) -> Judgement:
    """A fail for each of these reasons, the first of which are named; `cause` as in Judgement."""
    each = tuple(found)
    return Judgement("fail", listed(each, named), cause, each)


def outside(why: str) -> Judgement:
    """Not applicable, and why."""
    return Judgement("not_applicable", why)
