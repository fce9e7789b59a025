"""What the scenarios of a plan need of the models behind the meter, and which of them a model cannot take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.config.scenarios import Scenario
from lab.engines.modelserver.said import Need, Shown
from lab.run.plan import Plan, PlannedVariant
from lab.scenarios.request import request_bytes, unsupported_on
from lab.tokens import count_parts
from lab.wires import exact
from lab.wires.neutral import NeutralRequest
from lab.wires.requests import read_request

WORDS: Mapping[Need, str] = {
    "tools": "it offers tools",
    "vision": "it shows pictures",
    "thinking": "it asks for thinking",
}
_KINDS = {"anthropic": "messages", "openai": "chat", "responses": "responses"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scenario hands a model: its needs, tokens (o200k_base), longest text, and all texts."""

    scenario: str
    needs: frozenset[Need]
    tokens: int
    text: str
    texts: tuple[str, ...]


def asked_of(plan: Plan) -> dict[str, Asked]:
    """What each scenario of a plan that can be sent at all hands a model, by its id."""
    found: dict[str, Asked] = {}
    for suite in plan.suites:
        for scenario in suite.scenarios:
            wire = plan.wire_of(scenario)
            if unsupported_on(scenario, wire):
                continue
            try:
                body = exact.loads(request_bytes(scenario, "model", "nonce00000", wire).decode())
            except ValueError:  # written so, to see what is made of it
                continue
            request = read_request(_KINDS[wire], body)
            texts = tuple(_texts(request))
            longest = max(texts, key=len, default="")
            found[scenario.id] = Asked(
                scenario.id, _needs(request), count_parts(request).total, longest, texts
            )
    return found


def _texts(request: NeutralRequest) -> Iterator[str]:
    yield from request.system
    for message in request.messages:
        for part in message.parts:
            yield part.text
    for tool in request.tools:
        yield from (tool.name, tool.description, exact.dumps(tool.schema).decode() if tool.schema else "")


def _needs(request: NeutralRequest) -> frozenset[Need]:
    parts = [part for message in request.messages for part in message.parts]
    needs: set[Need] = set()
    if request.tools:
        needs.add("tools")
    if any(part.kind == "image" or part.images for part in parts):
        needs.add("vision")
    if _thinks(request.params):
        needs.add("thinking")
    return frozenset(needs)


def _thinks(params: Mapping[str, Any]) -> bool:
    """Whether a request asks the model to think, on any wire."""
    thinking, reasoning = params.get("thinking"), params.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, dict) else params.get("reasoning_effort")
    asks = isinstance(thinking, dict) and thinking.get("type") in {"enabled", "adaptive"}
    return asks or effort not in {None, "none"}


def surely_of(plan: Plan, planned: PlannedVariant, scenario: Scenario) -> str | None:
    """The tier whose model a scenario surely reaches with this variant; None if a router decides."""
    if planned.variant.routes:
        return None
    model = scenario.model or planned.variant.model
    return next((tier for tier, one in plan.lab.tiers.items() if one.model == model), None)


def cannot(
    plan: Plan, asked: Mapping[str, Asked], names: Mapping[str, str], shown: Mapping[str, Shown]
) -> dict[str, dict[str, str]]:
    """Why a variant is not asked a scenario, by the scenario's id: what its tier's model does not take."""
    found: dict[str, dict[str, str]] = {}
    for suite in plan.suites:
        for scenario in suite.scenarios:
            one = asked.get(scenario.id)
            for planned in plan.variants if one and one.needs else ():
                tier = surely_of(plan, planned, scenario)
                if one is None or tier not in shown or tier is None:
                    continue
                if lacking := [need for need in sorted(one.needs) if shown[tier].lacks(need)]:
                    why = _why(tier, names[tier], lacking)
                    found.setdefault(scenario.id, {})[planned.name] = why
    return found


def _why(tier: str, name: str, lacking: Sequence[Need]) -> str:
    words = " and ".join(WORDS[need] for need in lacking)
    missing = " or ".join(lacking)
    return f"{words}, and {name}, the model of {tier}, has no capability {missing}, says its server"
