"""The forms of a run: on which wires, plain or streamed, and never mixed with one another."""

from __future__ import annotations

import pytest

from lab.config.scenarios import Scenario, Suite
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.names import ClientWire, StreamChoice, WireChoice
from lab.run.plan import Plan, select_variants
from lab.scenarios.forms import Form, forms_of, in_forms, wire_of, written_id, written_suite
from lab.scenarios.request import unsupported_on
from tests.paths import ROOT

EVERYTHING = forms_of("all", "both")


def suite_of(*scenarios: Scenario) -> Suite:
    """A suite of these scenarios."""
    return load_suites(ROOT, ["core"])[0].model_copy(update={"scenarios": list(scenarios)})


def scenario_of(**fields: object) -> Scenario:
    """A scenario, with these fields replaced."""
    known = {"id": "S", "title": "T", "looks_at": "f", "class": "routing", "max_tokens": 64}
    return Scenario.model_validate(known | {"messages": [{"role": "user", "content": "Hello"}]} | fields)


@pytest.mark.parametrize(
    ("wire", "stream", "names"),
    [
        (None, None, ["messages"]),
        ("anthropic", None, ["messages"]),
        ("openai", "streamed", ["chat-streamed"]),
        ("chat", "both", ["chat-plain", "chat-streamed"]),
        ("responses", "plain", ["responses-plain"]),
        ("all", None, ["messages", "chat", "responses"]),
    ],
)
def test_options_name_forms(wire: WireChoice | None, stream: StreamChoice | None, names: list[str]) -> None:
    """New names and old ones; nothing said is the messages wire, as written."""
    assert [form.name for form in forms_of(wire, stream)] == names


def test_every_scenario_is_sent_in_every_form_under_an_id_of_its_own() -> None:
    """The first form leaves the names, so that claims and other runs find them."""
    made = in_forms([suite_of(scenario_of())], EVERYTHING)
    assert [suite.suite for suite in made] == [
        "core",
        "core.messages-streamed",
        "core.chat-plain",
        "core.chat-streamed",
        "core.responses-plain",
        "core.responses-streamed",
    ]
    scenarios = [suite.scenarios[0] for suite in made]
    assert [one.id for one in scenarios] == ["S", *(f"S.{form.name}" for form in EVERYTHING[1:])]
    assert [one.stream for one in scenarios] == [False, True] * 3
    wires: list[ClientWire | None] = [None, "anthropic", "openai", "openai", "responses", "responses"]
    assert [one.wire for one in scenarios] == wires
    assert {written_id(one) for one in scenarios} == {"S"}
    assert {written_suite(suite.suite) for suite in made} == {"core"}


def test_as_written_keeps_who_streams() -> None:
    """Only the wire differs then."""
    made = in_forms([suite_of(scenario_of(stream=True))], forms_of("all", None))
    assert [suite.scenarios[0].stream for suite in made] == [True, True, True]


def test_a_scenario_with_a_wire_of_its_own_is_sent_on_that_one_alone() -> None:
    """Once plain and once streamed."""
    made = in_forms([suite_of(scenario_of(wire="chat"))], EVERYTHING)
    sent = [(one.id, one.wire, one.stream) for suite in made for one in suite.scenarios]
    assert sent == [("S", "openai", False), ("S.chat-streamed", "openai", True)]


def test_a_written_body_is_sent_once_as_it_is() -> None:
    """It says itself whether it streams."""
    whole = scenario_of(messages=[], wire="responses", body={"input": "hi", "stream": True}, stream=True)
    made = in_forms([suite_of(whole)], EVERYTHING)
    assert [one for suite in made for one in suite.scenarios] == [whole]


def test_forms_share_no_pass_no_nonce_and_no_marker() -> None:
    """A semantic cache could otherwise answer one wire with what it was asked on another."""
    lab, systems = load_lab(ROOT), load_systems(ROOT)
    made = in_forms(load_suites(ROOT, ["core"]), EVERYTHING)
    plan = Plan(
        ROOT, lab, select_variants(lab, systems, ["direct"]), made, 1, 7, "anthropic", forms=EVERYTHING
    )
    for part in plan.passes(1):
        assert len({(plan.wire_of(step.scenario), part.suite) for step in part.steps}) <= 1
    steps = list(plan.steps(1))
    markers = [plan.marker(step) for step in steps]
    assert len(set(markers)) == len(markers)
    nonces = {(step.suite, plan.nonce(step)) for step in steps if step.scenario.nonce}
    assert len({nonce for _, nonce in nonces}) == len(nonces)


def test_a_sequence_stays_whole_in_every_form() -> None:
    """What the second asks about, the first has left, on the same wire."""
    lab, systems = load_lab(ROOT), load_systems(ROOT)
    made = in_forms(load_suites(ROOT, ["core"]), EVERYTHING)
    plan = Plan(
        ROOT, lab, select_variants(lab, systems, ["direct"]), made, 1, 7, "anthropic", forms=EVERYTHING
    )
    order = [step.scenario.id for step in plan.steps(1)]
    for form in EVERYTHING[1:]:
        assert order.index(f"SC1.{form.name}") < order.index(f"SC2.{form.name}")


def test_what_a_wire_cannot_say_is_left_out_with_a_reason_there_alone() -> None:
    """No other form is touched by it."""
    made = in_forms([suite_of(scenario_of(params={"top_k": 5}))], EVERYTHING)
    whys = {
        s.scenarios[0].id: unsupported_on(s.scenarios[0], s.scenarios[0].wire or "anthropic") for s in made
    }
    assert whys["S"] == whys["S.messages-streamed"] == ""
    assert whys["S.chat-plain"] == "not for the chat wire: it sets top_k, which has no counterpart"
    assert whys["S.responses-streamed"].startswith("not for the responses wire: it sets top_k")


def test_what_is_illegal_on_its_own_wire_is_not_sent_on_another() -> None:
    """It may be legal there, and would be judged as what a provider has to refuse."""
    made = in_forms([suite_of(scenario_of(valid=False, invalid_why="Mixed."))], EVERYTHING)
    whys = {
        s.scenarios[0].id: unsupported_on(s.scenarios[0], s.scenarios[0].wire or "anthropic") for s in made
    }
    assert whys["S"] == whys["S.messages-streamed"] == ""
    assert all(
        "it is invalid in the way of the messages wire" in whys[f"S.{form.name}"] for form in EVERYTHING[2:]
    )


def test_words_of_a_form() -> None:
    """As titles have them."""
    assert Form("openai", True).words == "chat wire, streamed"
    assert Form("responses").words == "responses wire"


@pytest.mark.parametrize(
    ("path", "wire"),
    [
        ("/v1/messages", "anthropic"),
        ("/v1/messages?beta=true", "anthropic"),
        ("/v1/messages/count_tokens", "anthropic"),
        ("/v1/chat/completions/", "openai"),
        ("/v1/responses/compact", "responses"),
        ("/v1/models", None),
        ("/other", None),
        ("/", None),
    ],
)
def test_a_path_is_of_a_wire_with_all_below_it(path: str, wire: ClientWire | None) -> None:
    """What goes there is in its form."""
    assert wire_of(path) == wire


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens", "/v1/responses/compact", "/other"])
def test_what_goes_to_another_path_is_sent_once(path: str) -> None:
    """Tokens are not counted in a stream."""
    made = in_forms([suite_of(scenario_of(path=path, stream=False))], forms_of("all", "both"))
    assert [one.id for suite in made for one in suite.scenarios] == ["S"]
    first = in_forms([suite_of(scenario_of(path=path))], forms_of("messages", "streamed"))
    assert first[0].scenarios[0].stream is False
