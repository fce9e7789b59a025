"""The questions that the report answers, one folder each, registered by name in the order of the report."""

from __future__ import annotations

from importlib import import_module

from lab.topics.topic import Topic

NAMES = (
    "verdicts",
    "routing",
    "caching",
    "tools",
    "compression",
    "fidelity",
    "wire_pairs",
    "model_input",
    "vendor_claims",
)
TOPICS: tuple[Topic, ...] = tuple(import_module(f"{__name__}.{name}").TOPIC for name in NAMES)
