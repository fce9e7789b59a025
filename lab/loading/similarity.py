"""How alike the two questions of a sequence are, by the embeddings that the meter serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from lab.config.scenarios import Scenario, Suite
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.meter.minilm import MiniLM

# What differs between processors lies well behind the third digit.
DIGITS = 3


def similarities(suites: Iterable[Suite]) -> dict[str, float]:
    """Cosine of the last user texts of a sequence's first scenario and each later one, by the later one's id.

    Only for suites in which something must hit a cache. Equal texts are 1; different ones have no figure
    if the embedding weights are not installed.
    """
    pairs = [
        (last_text(first), probe)
        for suite in suites
        if any(scenario.cache_expect == "must_hit" for scenario in suite.scenarios)
        for first, probe in probes(suite.scenarios)
    ]
    found = {probe.id: 1.0 for text, probe in pairs if text == last_text(probe)}
    different = [(text, probe) for text, probe in pairs if probe.id not in found]
    model = _model() if different else None
    if model is None:
        return found
    vector = cache(model.embed)
    for text, probe in different:
        found[probe.id] = round(float(vector(text) @ vector(last_text(probe))), DIGITS)
    return found


def probes(scenarios: Sequence[Scenario]) -> Iterator[tuple[Scenario, Scenario]]:
    """Every scenario that comes later in its sequence, after the sequence's first."""
    first: dict[str, Scenario] = {}
    for scenario in scenarios:
        if scenario.sequence is None:
            continue
        opener = first.setdefault(scenario.sequence, scenario)
        if opener is not scenario:
            yield opener, scenario


def last_text(scenario: Scenario) -> str:
    """The text of the last user message, its blocks one per line; empty if it holds none."""
    last = next((one for one in reversed(scenario.messages) if one.get("role") == "user"), None)
    content = last.get("content") if last else None
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(
        str(block.get("text", ""))
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "text"
    )


def _model() -> MiniLM | None:
    """The embedder, or None if its weights are not installed."""
    try:
        from lab.meter.minilm import MiniLM

        return MiniLM()
    except LabError:
        return None
