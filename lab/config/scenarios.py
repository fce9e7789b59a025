"""Models of scenarios and suites: configs/scenarios/*.yaml, and the files of a folder of own prompts."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from lab.config.http import Amiss, HeaderName, Headers, HeaderValue, Query, UrlPath
from lab.config.models import Model, Name
from lab.meter.script import ScriptedAnswer
from lab.names import WIRES_NAMED, ClientWire, TierName, nearest

# The headers in which clients send keys, the one that providers look at first before the other.
KEY_HEADERS: Final = ("x-api-key", "authorization")
Relation = Literal["perturbation", "session", "envelope"]


def _wire(value: Any) -> Any:
    """A wire by its new name or its old one."""
    if value is None or (isinstance(value, str) and value in WIRES_NAMED):
        return value and WIRES_NAMED[value]
    step = f"name one, such as chat; --wire all sends on all ({nearest(str(value).lower(), WIRES_NAMED)})"
    raise Amiss(f"there is no wire {value}", step)


WIRE_NAMES = {"anyOf": [{"enum": list(WIRES_NAMED)}, {"type": "null"}]}


class Fact(Model):
    """A fact the model needs: parts that must appear, in order and near each other."""

    parts: list[str] = Field(min_length=1)


class ScenarioPayload(Model):
    """The payload of a scenario: its kind, where it stands, its size in tokens, and turns of a history."""

    kind: str
    place: Literal["tool result", "user text", "turns", "turns with tool calls"]
    tokens: int = Field(ge=1)
    turns: int = Field(default=0, ge=0)


class Expected(Model):
    """What has to come back to the client, and what has to reach the provider, beside what `checks` judge.

    `status` is the HTTP status of the answer. `headers` are the response's own: a text that the header must
    be equal to, or null for one that must not be there. `credential` says whose key the provider must have
    been given: the `client`'s own, or one of the `gateway`'s.
    """

    status: int | None = Field(default=None, ge=100, le=599)
    headers: dict[HeaderName, HeaderValue | None] = Field(default={})
    credential: Literal["client", "gateway"] | None = None


class Scenario(Model):
    """One question put to every system, written on the messages wire and translated to others.

    `params` are further fields of the request, and `headers` the client's own; both may be those of any wire,
    as may be single messages and tools. A scenario that names a `wire` is sent on that one alone, and one
    that names a `model` asks for it in place of the variant's. `path` and `query` replace those of the
    system. `body` is the whole request, sent as it is written: keys with values, or its very text;
    `body_file` names a file that holds it.

    A scenario goes in pass `in_pass` of every repeat; state is wiped between passes. `of` names the scenario
    that this one is a perturbation, a session or an envelope of, by `relation`. Each of `perturbations` is
    the last user message in other words and becomes a scenario of its own when the suite is loaded. `checks`
    judge it; those of the suite if it names none. `payload`, and the rows `facts_beside` its facts of which
    nothing is asked, come with a generated payload. `client_key` is another client's key, sent in place of
    the lab's, and so is one that stands in `headers`. `cache_differs` says in what a scenario that must miss
    a cache differs from the first of its sequence: the `question`, its `context` (history, system prompt,
    tool result, document, tools on offer), the `user`, or `settings` (parameters). `may_generate` is how many
    tokens a local model may generate for it, in place of `ollama.max_tokens` in lab.yaml. `foreign` are words
    that only the other conversations of its sequence hold, and that it must not bring.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,39}$")]
    title: str
    looks_at: str
    class_: str = Field(alias="class")
    max_tokens: int = Field(default=1024, ge=1)
    may_generate: int | None = Field(default=None, ge=1)
    system: str | list[dict[str, Any]] | None = None
    messages: list[dict[str, Any]] = Field(default=[])
    tools: list[dict[str, Any]] = Field(default=[])
    params: dict[str, Any] = Field(default={})
    body: dict[str, Any] | str | None = None
    body_file: str | None = None
    wire: Annotated[ClientWire | None, BeforeValidator(_wire), WithJsonSchema(WIRE_NAMES)] = None
    model: str | None = Field(default=None, min_length=1)
    path: UrlPath | None = None
    query: Query = ""
    headers: Headers = Field(default={})
    client_key: HeaderValue = ""
    stream: bool = False
    valid: bool = True
    invalid_why: str = ""
    acceptable_tiers: list[TierName] = Field(default=[])
    tiers_why: str = ""
    tools_needed: list[str] = Field(default=[])
    facts: list[Fact] = Field(default=[])
    facts_beside: list[Fact] = Field(default=[])
    foreign: list[Annotated[str, StringConstraints(min_length=4)]] = Field(default=[])
    payload: ScenarioPayload | None = None
    sequence: str | None = None
    in_pass: int = Field(default=0, ge=0)
    routers_only: bool = False
    of: str | None = None
    relation: Relation | None = None
    perturbations: list[str] = Field(default=[])
    checks: list[str] = Field(default=[])
    nonce: bool = True
    cache_expect: Literal["may_hit", "must_miss", "must_hit"] = "must_miss"
    cache_needs: Literal["exact", "semantic"] = "exact"
    cache_differs: Literal["question", "context", "user", "settings"] | None = None
    answer: ScriptedAnswer | None = None
    expect: Expected = Expected()
    from_vendor: bool = False

    @property
    def own_wire(self) -> ClientWire | None:
        """The wire that it is written for; None if it is sent on whichever a run asks for."""
        return self.wire

    @property
    def own_key(self) -> str:
        """The key of another client that it is sent with; empty if it is sent with the lab's."""
        given = {name.lower(): value for name, value in self.headers.items()}
        key = next((given[name] for name in KEY_HEADERS if name in given), self.client_key)
        return key.removeprefix("Bearer ").strip()

    @property
    def whole(self) -> bool:
        """Whether its whole body is written, and sent as it is."""
        return self.body is not None

    @property
    def one_form(self) -> bool:
        """Whether it is sent as written alone: its request or its answer is written word for word."""
        return self.whole or (self.answer is not None and bool(self.answer.bodies))


class Suite(Model):
    """A named set of scenarios, after fixtures, tool sets and perturbations have been put in.

    `checks` are the registered checks that judge its scenarios (none named: all). `nonce` and
    `routers_only` are defaults for its scenarios.
    """

    suite: Name
    title: str
    description: str = ""
    retries: bool = True
    nonce: bool = True
    routers_only: bool = False
    checks: list[str] = Field(default=[])
    answer: ScriptedAnswer
    classes: dict[str, str]
    scenarios: list[Scenario] = Field(min_length=1)
