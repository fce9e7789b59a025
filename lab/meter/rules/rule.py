"""One rule of a provider: what it refuses, of which models, who says so, and requests on both sides of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lab.meter.refusal import Refusal

Wire = Literal["messages", "chat", "responses"]
Body = dict[str, Any]

PROVIDERS: Final[Mapping[Wire, str]] = {"messages": "Anthropic", "chat": "OpenAI", "responses": "OpenAI"}
# What the examples of a wire change; both are legal.
_BASES: Final[Mapping[Wire, Body]] = {
    "messages": {
        "model": "claude-sonnet-4-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "hi"}],
    },
    "chat": {"model": "gpt-4.1", "messages": [{"role": "user", "content": "hi"}]},
    "responses": {"model": "gpt-4.1", "input": "hi"},
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as rules see it: its body, well typed, and its headers in lower case."""

    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's name as it is sent."""
        return str(self.body.get("model"))

    @property
    def betas(self) -> tuple[str, ...]:
        """The values of `anthropic-beta`, in order."""
        given = self.headers.get("anthropic-beta", "")
        return tuple(one.strip() for one in given.split(",") if one.strip())


@dataclass(frozen=True, slots=True)
class Example:
    """A request that differs from the wire's simplest one in these fields; `says` is how it is refused."""

    fields: Body
    says: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a provider refuses with 400 on one wire; `sure` if its wording was seen in public."""

    id: str
    wire: Wire
    what: str
    models: str
    source: str
    date: str
    sure: bool
    legal: tuple[Example, ...]
    illegal: tuple[Example, ...]
    check: Callable[[Ask], None]


RULES: Final[list[Rule]] = []


def rule(
    name: str,
    what: str,
    *,
    source: str,
    date: str,
    legal: tuple[Example, ...],
    illegal: tuple[Example, ...],
    models: str = "all",
    sure: bool = True,
) -> Callable[[Callable[[Ask], None]], Callable[[Ask], None]]:
    """Puts a function that raises Refusal into the table, named `<wire>/<name>`; checks follow its order."""

    def register(check: Callable[[Ask], None]) -> Callable[[Ask], None]:
        wire: Wire = name.partition("/")[0]  # type: ignore[assignment]  # a test holds it to the three wires
        RULES.append(Rule(name, wire, what, models, source, date, sure, legal, illegal, check))
        return check

    return register


def check(wire: Wire, ask: Ask) -> None:
    """Raises Refusal (400) for the first rule of a wire that a request breaks, and names the rule."""
    for one in RULES:
        if one.wire == wire:
            try:
                one.check(ask)
            except Refusal as refusal:
                refusal.rule = one.id
                raise


def request(wire: Wire, example: Example) -> Body:
    """The whole request of an example."""
    return {**_BASES[wire], **example.fields}


def bad(message: str, **about: Any) -> Refusal:
    """A refusal with status 400; `about` holds OpenAI's `param` and `code`."""
    return Refusal(400, message, **about)
