"""The compression suite: valid requests that differ, with payloads of every kind, place and size."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from lab import wires
from lab.checks import registered
from lab.errors import ConfigError
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.loading.suites import load_suite
from lab.meter import messages as meter
from lab.scenarios import payloads
from lab.scenarios.request import build_request
from lab.tokens import count_parts
from tests.paths import ROOT

FILE = ROOT / "configs" / "scenarios" / "compression.yaml"
SUITE = load_suite(FILE)
HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}


def body(name: str) -> dict[str, Any]:
    """The request of one scenario."""
    scenario = next(scenario for scenario in SUITE.scenarios if scenario.id == name)
    return build_request(scenario, "claude-sonnet-4-5", "unused")


@pytest.mark.parametrize("name", [scenario.id for scenario in SUITE.scenarios])
def test_a_scenario_is_valid_and_holds_all_its_facts(name: str) -> None:
    """The meter, as strict as the provider, takes it; every fact is found in what it sends."""
    scenario = next(scenario for scenario in SUITE.scenarios if scenario.id == name)
    meter.validate(body(name), HEADERS)
    sent = wires.read_request("messages", body(name))
    beside = [fact.parts for fact in scenario.facts_beside]
    assert all(find_facts([fact.parts for fact in scenario.facts], forwarded_text(sent), beside))
    assert 20 <= len(scenario.facts) <= 60
    assert scenario.payload is not None
    assert abs(count_parts(sent).total - scenario.payload.tokens) <= 0.15 * scenario.payload.tokens + 150
    called = {part.name for message in sent.messages for part in message.parts if part.kind == "tool_call"}
    assert called <= {tool.name for tool in sent.tools}


def test_every_kind_comes_as_a_tool_result_and_pasted_and_in_all_sizes() -> None:
    """Six kinds at two places and two sizes, 100k tokens of each, and conversations of 10 to 60 turns."""
    found = {
        (one.payload.kind, one.payload.place, one.payload.turns or one.payload.tokens)
        for one in SUITE.scenarios
        if one.payload is not None
    }
    kinds = ("JSON", "logs", "code", "diffs", "CSV", "prose")
    wanted = {
        *(
            (kind, place, size)
            for kind in kinds
            for place in ("tool result", "user text")
            for size in (1000, 10000)
        ),
        ("JSON", "tool result", 100_000),
        ("logs", "tool result", 100_000),
        ("JSON", "user text", 100_000),
        ("code", "user text", 100_000),
        ("diffs", "tool result", 100_000),
        ("CSV", "tool result", 100_000),
        ("prose", "user text", 100_000),
        ("search output", "user text", 10_000),
        *(("history", place, n) for n in (10, 20, 40, 60) for place in ("turns", "turns with tool calls")),
    }
    assert wanted <= found


def test_tools_that_gateways_know_by_name_and_others_are_used() -> None:
    """Bash, Read and Grep, and names that no gateway has a rule for."""
    names = Counter(tool["name"] for scenario in SUITE.scenarios for tool in scenario.tools)
    assert {"Bash", "Read", "Grep"} < set(names)
    assert len(set(names) - {"Bash", "Read", "Grep"}) >= 4


def test_no_two_scenarios_ask_the_same_or_send_the_same() -> None:
    """Another payload, another seed and other words in each, so that a cache has nothing to answer with."""
    texts = {one.id: forwarded_text(wires.read_request("messages", body(one.id))) for one in SUITE.scenarios}
    questions = {}
    for scenario in SUITE.scenarios:
        content = scenario.messages[-1]["content"]
        questions[scenario.id] = content if isinstance(content, str) else content[-1]["text"]
    for first, second in combinations(questions, 2):
        words = [set(questions[name].lower().split()) for name in (first, second)]
        shared = len(words[0] & words[1]) / len(words[0] | words[1])
        assert shared < 0.5, (first, second)
        assert texts[first][-400:] != texts[second][-400:]
    facts = [frozenset(tuple(fact.parts) for fact in scenario.facts) for scenario in SUITE.scenarios]
    assert all(facts)
    assert not any(first & second for first, second in combinations(facts, 2))


def test_the_suite_is_judged_by_checks_that_exist_and_goes_word_for_word() -> None:
    """The universal checks and that of facts; no nonce."""
    assert set(SUITE.checks) == {
        "answered",
        "provenance",
        "answer_text_kept",
        "request_accepted",
        "facts_kept",
        "no_duplicate_calls",
        "usage_honest",
        "output_usage_honest",
        "content_added",
        "conversations_apart",
    }
    assert set(SUITE.checks) <= {check.name for check in registered()}
    assert not any(scenario.nonce for scenario in SUITE.scenarios)
    assert build_request(SUITE.scenarios[0], "m", "one") == build_request(SUITE.scenarios[0], "m", "two")


def test_loading_again_generates_nothing_anew() -> None:
    """What was generated is kept for the process."""
    assert load_suite(FILE).scenarios == SUITE.scenarios
    before = generated()
    assert load_suite(FILE).scenarios == SUITE.scenarios
    assert generated() == before > 0


def generated() -> int:
    """How many payloads and conversations this process has generated so far."""
    return payloads._payload.cache_info().misses + payloads._conversation.cache_info().misses


SCENARIO = """\
suite: small
title: Small
answer: {text: An answer.}
classes: {one: One}
scenarios:
  - id: ONE
    title: One
    looks_at: Something
    class: one
    max_tokens: 10
    facts: FACTS
    messages:
      - MESSAGE
      - {role: user, content: "And now?"}
"""


def small(tmp_path: Path, facts: str, message: str) -> Path:
    """A suite of one scenario."""
    path = tmp_path / "scenarios" / "small.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SCENARIO.replace("FACTS", facts).replace("MESSAGE", message), "utf-8")
    return path


CSV = "{generate: csv, tokens: 1000, seed: a}"


@pytest.mark.parametrize(
    ("facts", "message", "expected"),
    [
        (
            CSV,
            "{role: user, content: {generate: cvs, tokens: 1000, seed: a}}",
            ("messages.0.content", "did you mean csv?"),
        ),
        (
            "{generate: csv, tokens: 9, seed: a}",
            f"{{role: user, content: {CSV}}}",
            ("facts", "from 500 to 200000"),
        ),
        (
            CSV,
            "{role: user, content: {generate: csv, tokens: 1000, seed: b}}",
            ("facts", "a payload that no message holds"),
        ),
        (CSV, "{generate: history, turns: 500, seed: a}", ("messages.0", "turns is 500")),
        (CSV, "{generate: csv, tokens: 1000, seed: a}", ("messages.0", "csv")),
        (
            CSV,
            "{role: user, content: {generate: history, turns: 10, seed: a}}",
            ("messages.0.content", "only messages"),
        ),
    ],
)
def test_a_wrong_reference_names_file_line_key_and_next_step(
    tmp_path: Path, facts: str, message: str, expected: tuple[str, str]
) -> None:
    """As every error of a configuration does."""
    with pytest.raises(ConfigError) as caught:
        load_suite(small(tmp_path, facts, message))
    text = str(caught.value)
    assert "small.yaml" in text
    assert all(part in text for part in expected), text


def test_a_conversation_takes_the_place_of_one_message(tmp_path: Path) -> None:
    """The turns come where the reference stood, and their facts with them."""
    talk = "{generate: history, turns: 3, seed: a}"
    scenario = load_suite(small(tmp_path, talk, talk)).scenarios[0]
    assert [message["role"] for message in scenario.messages] == ["user", "assistant"] * 3 + ["user"]
    assert len(scenario.facts) == 6
    assert scenario.payload is not None
    assert (scenario.payload.kind, scenario.payload.place, scenario.payload.turns) == ("history", "turns", 3)


def test_a_scenario_says_what_its_payload_is_and_one_without_has_none(tmp_path: Path) -> None:
    """Kind, place and size come from the reference."""
    pasted = load_suite(small(tmp_path, CSV, f"{{role: user, content: {CSV}}}")).scenarios[0]
    assert pasted.payload is not None
    assert pasted.payload.model_dump() == {"kind": "CSV", "place": "user text", "tokens": 1000, "turns": 0}
    assert pasted.facts_beside
    plain = load_suite(small(tmp_path, "[{parts: [x]}]", "{role: user, content: x}")).scenarios[0]
    assert (plain.payload, plain.facts_beside) == (None, [])
