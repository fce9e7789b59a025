"""Every shipped scenario, said rightly on another wire, differs in nothing that counts."""

from __future__ import annotations

from itertools import permutations
from typing import Final

import pytest

from lab import wires
from lab.exchange.compare.differences import compare
from lab.loading.configs import load_suites
from lab.names import ClientWire
from lab.scenarios.request import build_request, unsupported_on
from tests.paths import ROOT

WIRES: Final[tuple[ClientWire, ...]] = ("anthropic", "openai", "responses")


@pytest.mark.parametrize(("sent_on", "arrives_on"), tuple(permutations(WIRES, 2)))
def test_a_right_translation_differs_in_nothing(sent_on: ClientWire, arrives_on: ClientWire) -> None:
    """The clients' own translations are right; a failed result is one on the messages wire alone."""
    compared, wrong = 0, []
    for suite in load_suites(ROOT, ["all"]):
        for scenario in suite.scenarios:
            if any(scenario.whole or unsupported_on(scenario, wire) for wire in (sent_on, arrives_on)):
                continue
            kinds = [wires.CLIENT_KINDS[wire] for wire in (sent_on, arrives_on)]
            sent, arrived = (
                wires.read_request(kind, build_request(scenario, "claude-sonnet-4-5", "n", wire))
                for kind, wire in zip(kinds, (sent_on, arrives_on), strict=True)
            )
            compared += 1
            found = compare(kinds[0], sent, kinds[1], arrived).found
            wrong += [one.why for one in found if one.excuse is None and "has is_error true" not in one.why]
    assert wrong == []
    assert compared > 300
