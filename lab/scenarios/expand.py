"""What a suite says once for many scenarios: its defaults, and each scenario's perturbations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from lab.config.scenarios import Scenario

# What a suite may say for all its scenarios; a scenario's own word goes before it.
DEFAULTS = ("nonce", "routers_only")


def with_defaults(data: Any) -> Any:
    """A suite's data with its defaults put into the scenarios that do not say otherwise."""
    if not isinstance(data, dict) or not isinstance(data.get("scenarios"), list):
        return data
    given = {key: data[key] for key in DEFAULTS if key in data}
    scenarios = [given | item if isinstance(item, dict) else item for item in data["scenarios"]]
    return data | {"scenarios": scenarios}


def expanded(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """The scenarios, each followed by its perturbations, which only routers are asked."""
    return [one for scenario in scenarios for one in (scenario, *_perturbations(scenario))]


def _perturbations(scenario: Scenario) -> Iterator[Scenario]:
    """Every perturbation goes in a pass of its own, so that no cache answers for the router."""
    for number, text in enumerate(scenario.perturbations, 1):
        yield scenario.model_copy(
            update={
                "id": f"{scenario.id}-p{number}",
                "title": f"{scenario.title}, in other words ({number})",
                "messages": _reworded(scenario.messages, text),
                "of": scenario.id,
                "relation": "perturbation",
                "in_pass": scenario.in_pass + number,
                "routers_only": True,
                "perturbations": [],
            }
        )


def _reworded(messages: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """A copy in which the last user message says `text` in place of its last text; what else it holds stays.

    What stays are tool results, and texts that stand before the user's own words: reminders, long documents.
    """
    copies = deepcopy(messages)
    last = next(message for message in reversed(copies) if message.get("role") == "user")
    blocks = last.get("content")
    if not isinstance(blocks, list):
        last["content"] = text
        return copies
    texts = [n for n, block in enumerate(blocks) if isinstance(block, dict) and block.get("type") == "text"]
    at = texts[-1] if texts else len(blocks)
    last["content"] = [*blocks[:at], {"type": "text", "text": text}, *blocks[at + 1 :]]
    return copies
