"""What scenarios need of a model, and which variants are not asked for what it lacks."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from lab.engines.modelserver.said import Need, Shown
from lab.names import ClientWire
from lab.run.needs import asked_of, cannot
from tests.unit.run.planned import PIXEL, TOOL, plan, scenario

JUDGED = frozenset(get_args(Need))
WHAT = {"type": "text", "text": "What is it?"}
NAMES = {"SIMPLE": "qwen2.5:0.5b"}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": [PIXEL]}


@pytest.mark.parametrize("wire", ["anthropic", "openai", "responses"])
@pytest.mark.parametrize(
    ("more", "needs"),
    [
        ({}, set()),
        ({"tools": [TOOL]}, {"tools"}),
        (
            {"messages": [{"role": "user", "content": [PIXEL, {"type": "text", "text": "What is it?"}]}]},
            {"vision"},
        ),
        (
            {"params": {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "max_tokens": 2048},
            {"thinking"},
        ),
        ({"params": {"thinking": {"type": "disabled"}}}, set()),
    ],
)
def test_needs_are_read_from_what_is_sent(wire: ClientWire, more: dict[str, Any], needs: set[str]) -> None:
    """On every wire, if it can say it at all."""
    found = asked_of(plan(scenario("A", **more), wire=wire)).get("A")
    if found is not None:
        assert found.needs == needs
        assert found.tokens > 2
        assert found.text


def test_a_picture_in_a_tool_s_result_is_a_picture() -> None:
    """Not only one that a user shows."""
    call = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
    messages = [
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [RESULT]},
    ]
    found = asked_of(plan(scenario("A", messages=messages, tools=[TOOL])))["A"]
    assert found.needs == {"tools", "vision"}


def test_only_variants_that_surely_reach_the_model_are_not_asked() -> None:
    """A router may choose another, and the control is answered by script."""
    made = plan(scenario("A"), scenario("T", tools=[TOOL]), variants=("direct", "litellm-router", "ollama"))
    found = cannot(made, asked_of(made), NAMES, {"SIMPLE": Shown(("completion",), JUDGED)})
    assert list(found) == ["T"]
    assert list(found["T"]) == ["ollama"]
    assert "it offers tools" in found["T"]["ollama"]
    assert "qwen2.5:0.5b" in found["T"]["ollama"]


def test_a_scenario_that_names_the_model_reaches_it_with_any_variant() -> None:
    """The control too: it passes the name on."""
    made = plan(scenario("T", tools=[TOOL], model="kimi-lab-simple"), variants=("direct", "litellm-router"))
    found = cannot(made, asked_of(made), NAMES, {"SIMPLE": Shown(("completion",), JUDGED)})
    assert list(found["T"]) == ["direct"]


@pytest.mark.parametrize(
    "shown",
    [
        Shown(("completion", "tools"), JUDGED),
        Shown(None, frozenset()),
        Shown(("completion",), frozenset({"vision"})),
    ],
)
def test_a_model_that_takes_it_or_does_not_say_is_asked(shown: Shown) -> None:
    """Nothing is called unsupported on a guess."""
    made = plan(scenario("T", tools=[TOOL]))
    assert cannot(made, asked_of(made), NAMES, {"SIMPLE": shown}) == {}


def test_what_a_variant_cannot_be_asked_is_no_step_of_the_plan() -> None:
    """All others are asked it."""
    made = plan(scenario("A"), scenario("T", tools=[TOOL]), cannot={"T": {"ollama": "it offers tools"}})
    assert {(step.scenario.id, step.variant) for step in made.steps(1)} == {
        ("A", "direct"), ("A", "ollama"), ("T", "direct"),
    }  # fmt: skip
