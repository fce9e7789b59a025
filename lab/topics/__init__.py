"""The questions that the report answers, one folder each, registered in the order of the report."""

from __future__ import annotations

# The order of import is the order in which their checks are shown.
# isort: off
from lab.topics import verdicts, routing, caching, tools, compression, fidelity, vendor_claims
from lab.topics.topic import Topic
# isort: on

TOPICS: tuple[Topic, ...] = (
    verdicts.TOPIC,
    routing.TOPIC,
    caching.TOPIC,
    tools.TOPIC,
    compression.TOPIC,
    fidelity.TOPIC,
    vendor_claims.TOPIC,
)
