"""The table of rules: whole, sourced, shown in docs/provider-rules.md, and kept by generated requests too."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lab.meter import chat, messages, responses
from lab.meter.refusal import Refusal
from lab.meter.rules import PROVIDERS, RULES, Example, Rule, Wire, request
from tests.unit.meter.rules import legal

Body = dict[str, Any]
WIRES: dict[Wire, Any] = {"messages": messages, "chat": chat, "responses": responses}
LEGAL: dict[Wire, st.SearchStrategy[Body]] = {
    "messages": legal.messages(),
    "chat": legal.completions(),
    "responses": legal.answers(),
}
EXAMPLES = [
    pytest.param(one, example, id=f"{one.id}-{kind}-{n}")
    for one in RULES
    for kind, examples in (("legal", one.legal), ("illegal", one.illegal))
    for n, example in enumerate(examples)
]
FEW = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def refused(wire: Wire, body: Body, headers: Any = ()) -> Refusal | None:
    """How the wire refuses a request; what an earlier answer's id refers to is taken for known."""
    try:
        WIRES[wire].validate(body, {"anthropic-version": "2023-06-01", **dict(headers)})
    except Refusal as refusal:
        return None if refusal.code == "previous_response_not_found" else refusal
    return None


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.id)
def test_a_rule_has_a_source_a_date_and_both_sides(one: Rule) -> None:
    """Who says so and when, and requests that are fine and that are not."""
    assert one.wire in PROVIDERS
    assert re.fullmatch(r"(messages|chat|responses)/[a-z-]+", one.id)
    assert one.source.startswith("https://")
    assert re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", one.date)
    assert one.legal
    assert one.illegal
    assert one.what
    assert one.models
    assert not any(example.says for example in one.legal)
    assert all(example.says for example in one.illegal)


def test_a_rule_is_named_once() -> None:
    """Names are what refusals and the page refer to."""
    assert len({one.id for one in RULES}) == len(RULES)
    assert len(RULES) > 60


@pytest.mark.parametrize(("one", "example"), EXAMPLES)
def test_an_example_is_on_its_side_of_its_rule(one: Rule, example: Example) -> None:
    """An illegal one is refused with 400, by this rule and no other, in its words."""
    found = refused(one.wire, request(one.wire, example), example.headers)
    if not example.says:
        assert found is None, found.message if found else ""
        return
    assert found is not None
    assert (found.status, found.message, found.rule) == (400, example.says, one.id)
    assert found.kind == "invalid_request_error"


@pytest.mark.parametrize("wire", PROVIDERS)
def test_what_is_drawn_from_the_published_types_is_accepted(wire: Wire) -> None:
    """No request that the provider's types and pages allow is refused."""

    @FEW
    @given(LEGAL[wire])
    def check(body: Body) -> None:
        found = refused(wire, body)
        assert found is None, f"{found.rule}: {found.message}" if found else ""

    check()


@pytest.mark.parametrize("wire", PROVIDERS)
def test_one_broken_rule_in_a_drawn_request_is_refused_in_its_words(wire: Wire) -> None:
    """Whatever stands beside it, an illegal example is refused by its rule alone."""
    broken = [(one, wrong) for one in RULES if one.wire == wire for wrong in one.illegal]

    @settings(FEW, max_examples=20)
    @given(LEGAL[wire])
    def check(body: Body) -> None:
        around = {key: value for key, value in body.items() if key in NEUTRAL[wire]}
        for one, wrong in broken:
            found = refused(wire, {**around, **request(wire, wrong)}, wrong.headers)
            assert found is not None, (one.id, around)
            assert (found.status, found.rule, found.message) == (400, one.id, wrong.says)

    check()


# What no rule's example changes the meaning of.
NEUTRAL: dict[Wire, frozenset[str]] = {
    "messages": frozenset(
        {"inference_geo", "service_tier", "speed", "stream", "diagnostics", "user_profile_id"}
    ),
    "chat": frozenset(
        {"seed", "user", "store", "service_tier", "safety_identifier", "verbosity", "moderation"}
    ),
    "responses": frozenset({"user", "store", "background", "service_tier", "safety_identifier", "image"}),
}


@pytest.mark.parametrize("wire", PROVIDERS)
def test_no_refusal_names_what_is_only_the_labs(wire: Wire) -> None:
    """Whatever is wrong with a request, no name of a model's class, union or validator reaches the client."""
    inside = re.compile(
        r"~|\bdict\[|\blist\[|Literal|literal\[|function-|constrained|\.str\b|\.any\b|is_instance"
    )

    @settings(FEW, max_examples=150)
    @given(LEGAL[wire], st.data())
    def check(body: Body, data: st.DataObject) -> None:
        place, value = body, data.draw(st.sampled_from([None, 7, 1.5, "x", True, [], [7], {}, {"type": "x"}]))
        for _ in range(data.draw(st.integers(0, 4))):
            inner: list[Any] = [
                one
                for one in (place.values() if isinstance(place, dict) else place)
                if one and isinstance(one, dict | list)
            ]
            if not inner:
                break
            place = data.draw(st.sampled_from(inner))
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        place[key] = value
        found = refused(wire, body)
        if found is None:
            WIRES[wire].WIRE.wishes(body)  # what is accepted can be answered
        else:
            assert not inside.search(found.message.split(", but got")[0]), found.message

    check()
