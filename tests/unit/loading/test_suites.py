"""The core suite: the seed's scenarios, valid where they say so, and the requests they become."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import anthropic.types
import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from lab import wires
from lab.config.models import Scenario
from lab.errors import ConfigError, UsageError
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.loading.suites import load_suite
from lab.meter import messages as meter
from lab.meter.refusal import Refusal
from lab.scenarios.request import build_request
from tests.paths import ROOT

CORE = load_suite(ROOT / "configs" / "scenarios" / "core.yaml")
BY_ID = {scenario.id: scenario for scenario in CORE.scenarios}
PARAMS = TypeAdapter(anthropic.types.message_create_params.MessageCreateParamsNonStreaming)
NONCE = "abcdefghij"
HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}


def request(name: str) -> dict[str, Any]:
    """The request of one scenario."""
    return build_request(BY_ID[name], "claude-sonnet-4-5", NONCE)


def drained(value: Any) -> Any:
    """Run pydantic's lazy iterators, which validate item by item, to their end."""
    if isinstance(value, dict):
        return {key: drained(item) for key, item in value.items()}
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return value
    return [drained(item) for item in value]


def test_the_suite_is_the_seeds_nine_and_its_two_as_sent() -> None:
    """Ids, groups and the tokens that may be answered are the seed's."""
    tokens = {s.id: s.max_tokens for s in CORE.scenarios}
    nine = {
        "S1": 256,
        "T1": 512,
        "T2": 512,
        "H1": 512,
        "L1": 512,
        "L2": 512,
        "SC1": 256,
        "SC2": 256,
        "R1": 1024,
    }
    assert tokens == nine | {"L1-seed": 512, "L2-seed": 512}
    groups = {group: [s.id for s in CORE.scenarios if s.group == group] for group in CORE.groups}
    assert groups == {
        "tier_routing": ["S1", "R1"],
        "tools": ["T1", "T2"],
        "history": ["H1"],
        "large_json": ["L1", "L2", "L1-seed", "L2-seed"],
        "cache": ["SC1", "SC2"],
    }
    assert all(s.from_vendor for s in CORE.scenarios)


@pytest.mark.parametrize("name", [s.id for s in CORE.scenarios if s.valid])
def test_a_valid_scenario_is_valid_by_type_and_by_the_meter(name: str) -> None:
    """The vendor's SDK types and the meter, which is as strict as the provider, take the request."""
    body = request(name)
    taken = drained(PARAMS.validate_python(body))
    assert taken["messages"] == body["messages"]
    meter.validate(body, HEADERS)


@pytest.mark.parametrize("name", ["L1-seed", "L2-seed"])
def test_the_seeds_own_form_is_refused_as_it_says(name: str) -> None:
    """What the seed sends is no valid request, by type and by the meter, and the scenario says why."""
    assert not BY_ID[name].valid
    assert "tool_calls" in BY_ID[name].invalid_why
    with pytest.raises(ValidationError):
        drained(PARAMS.validate_python(request(name)))
    with pytest.raises(Refusal):
        meter.validate(request(name), HEADERS)


@pytest.mark.parametrize(
    ("name", "tool", "arguments", "question", "payload"),
    [
        ("L1-seed", "Read", {"file_path": "package.json"}, "What are the top-level dependencies?", "package"),
        (
            "L2-seed",
            "Bash",
            {"command": 'grep -rn "TODO" src/'},
            "Summarise the most important TODOs.",
            "grep",
        ),
    ],
)
def test_the_seeds_form_is_kept_to_the_letter(
    name: str, tool: str, arguments: dict[str, Any], question: str, payload: str
) -> None:
    """Four messages as the seed writes them, content null and tool_calls included, word for word."""
    body = request(name)
    first, asked, result, last = body["messages"]
    assert first["role"] == "user"
    assert asked["content"] is None
    (call,) = asked["tool_calls"]
    assert call["function"] == {"name": tool, "arguments": json.dumps(arguments, separators=(",", ":"))}
    (block,) = result["content"]
    assert (block["type"], block["tool_use_id"]) == ("tool_result", call["id"])
    data = json.loads((ROOT / "configs" / "fixtures" / f"{payload}.json").read_text("utf-8"))
    assert block["content"] == json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    assert last == {"role": "user", "content": question}
    assert list(body) == ["model", "max_tokens", "tools", "messages"]
    assert [t["name"] for t in body["tools"]] == [tool]


def test_payloads_have_the_seeds_shape() -> None:
    """39 packages of which every third is a development one, 30 files, 39 exports; 60 matches."""
    package = json.loads(request("L1")["messages"][-1]["content"][0]["content"])
    assert (len(package["dependencies"]), len(package["devDependencies"])) == (26, 13)
    assert (len(package["files"]), len(package["exports"])) == (30, 39)
    matches = json.loads(request("L2")["messages"][-1]["content"][0]["content"])
    assert len(matches) == 60
    assert len({match["line"] for match in matches}) == 60
    assert all(set(match) == {"file", "line", "match", "context"} for match in matches)
    assert len({match["file"] for match in matches}) == 15
    assert matches[0]["match"] == "TODO: fix error handling — assigned to alice"


@pytest.mark.parametrize(
    ("name", "total"), [("L1", 74), ("L2", 60), ("H1", 10), ("L1-seed", 74), ("L2-seed", 60)]
)
def test_every_declared_fact_is_in_the_request(name: str, total: int) -> None:
    """Sent straight to the provider, a scenario keeps all its facts."""
    facts = [fact.parts for fact in BY_ID[name].facts]
    text = forwarded_text(wires.read_request("messages", request(name)))
    assert len(facts) == total
    assert find_facts(facts, text) == [True] * total


@pytest.mark.parametrize("name", ["L1", "L2", "H1"])
def test_no_fact_is_in_the_request_without_what_it_comes_from(name: str) -> None:
    """Without the tool result, or the history, no fact is left: questions do not give answers away."""
    body = request(name)
    if name == "H1":
        body["messages"] = body["messages"][-1:]
    else:
        body["messages"][-1]["content"][0]["content"] = "[removed]"
    facts = [fact.parts for fact in BY_ID[name].facts]
    assert not any(find_facts(facts, forwarded_text(wires.read_request("messages", body))))


def test_scripted_answers_call_the_needed_tools_as_their_schemas_want() -> None:
    """T1 and T2 are answered by a call of a needed tool with all its required arguments."""
    for name in ("T1", "T2"):
        scenario = BY_ID[name]
        assert len(scenario.tools) == 14
        assert scenario.answer is not None
        (call,) = scenario.answer.tool_calls
        assert call.name in scenario.tools_needed
        schema = next(tool["input_schema"] for tool in scenario.tools if tool["name"] == call.name)
        assert set(schema["required"]) <= set(call.input) <= set(schema["properties"])


def test_the_cache_pair_is_one_sequence_in_order() -> None:
    """SC1 meets a fresh state, SC2 asks the same in other words and may be answered from a cache."""
    first, second = BY_ID["SC1"], BY_ID["SC2"]
    assert first.sequence == second.sequence == "tcp-udp"
    assert (first.cache_expect, second.cache_expect) == ("must_miss", "may_hit")
    ids = [s.id for s in CORE.scenarios]
    assert ids.index("SC1") < ids.index("SC2")


def test_building_a_request_never_changes_the_scenario() -> None:
    """Requests are copies down to the last block: two nonces never meet."""
    for scenario in CORE.scenarios:
        before = scenario.model_dump_json()
        body = build_request(scenario, "m", "first00000")
        body["messages"][-1]["role"] = "changed"
        for tool in body.get("tools", []):
            tool.clear()
        again = json.dumps(build_request(scenario, "m", "second0000"))
        assert scenario.model_dump_json() == before
        assert "first00000" not in again
        assert again.count("(ref second0000)") == (1 if scenario.nonce else 0)


def scenario(messages: list[dict[str, Any]], **more: Any) -> Scenario:
    """A scenario with these messages."""
    return Scenario(id="X", title="x", feature="x", group="g", max_tokens=9, messages=messages, **more)


def test_the_nonce_ends_the_last_user_text() -> None:
    """In a string, in the last text block, or in a block of its own after tool results."""
    text = {"type": "text", "text": "a"}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
    cases: list[tuple[Any, Any]] = [
        ("hi", "hi\n\n(ref n)"),
        ([text, result], [{"type": "text", "text": "a\n\n(ref n)"}, result]),
        ([result], [result, {"type": "text", "text": "(ref n)"}]),
    ]
    for content, expected in cases:
        messages = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "ok"}]
        messages.append({"role": "user", "content": copy.deepcopy(content)})
        messages.append({"role": "assistant", "content": "The answer is"})
        built = build_request(scenario(messages), "m", "n")["messages"]
        assert built[2]["content"] == expected
        assert [built[0], built[1], built[3]] == [messages[0], messages[1], messages[3]]


def test_only_what_a_scenario_has_is_sent() -> None:
    """System, tools and stream are in the body only where the scenario sets them."""
    user = [{"role": "user", "content": "hi"}]
    assert set(build_request(scenario(user), "m", "n")) == {"model", "max_tokens", "messages"}
    full = build_request(scenario(user, system="S", stream=True, tools=[{"name": "T"}]), "m", "n")
    assert (full["system"], full["stream"], full["tools"]) == ("S", True, [{"name": "T"}])


def test_what_another_wire_cannot_carry_is_refused_with_its_name() -> None:
    """The seed's invalid forms mix two wires in the way of the Anthropic one."""
    with pytest.raises(UsageError, match=r"unsupported: L1-seed is not for the openai wire"):
        build_request(BY_ID["L1-seed"], "m", "n", "openai")


def broken(tmp_path: Path, *changes: tuple[str, str], suite: str = "core") -> str:
    """What is said about a suite after these replacements."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    path = tmp_path / "configs" / "scenarios" / f"{suite}.yaml"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_suite(path)
    return str(caught.value)


def line_of(root: Path, text: str) -> int:
    """The line of the core suite on which a text begins; 0 if it is on none."""
    lines = (root / "configs" / "scenarios" / "core.yaml").read_text("utf-8").splitlines()
    first = text.strip().partition("\n")[0]
    return next((n for n, line in enumerate(lines, 1) if first and first in line), 0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("group: history", "group: histori", ("scenarios.3.group", "did you mean history")),
        ("tools_needed: [Read]", "tools_needed: [Raed]", ("scenarios.1.tools_needed.0", "did you mean Read")),
        ("only: [Read]", "only: [Reed]", ("scenarios.4.tools", "tools-14.yaml", "did you mean Read")),
        ("- name: Read", "- name: Reat", ("scenarios.1.answer.tool_calls.0.name", "did you mean Read")),
        (
            "fixtures/package.json",
            "fixtures/packages.json",
            ("content.0.content", "did you mean package.json"),
        ),
        ("fixtures/package-facts.yaml", "fixtures/none.yaml", ("scenarios.4.facts", "there is no file")),
        ("{fixture: fixtures/grep.json}", "{fixture: fixtures/grep.json, as: x}", ("unknown key as",)),
        ("- id: T2", "- id: T1", ("scenarios.1.id", "scenarios.2.id", "given twice")),
        ("suite: core", "suite: cores", ("core.yaml:LINE: suite:", "core")),
        ("cache_expect: may_hit", "cache_expect: maybe", ("scenarios.9.cache_expect", "'may_hit'")),
        ("    invalid_why: &mixed", "    description: &mixed", ("invalid_why", "unknown key")),
        ("acceptable_tiers: [SIMPLE]", "acceptable_tiers: [CHEAP]", ("scenarios.0.acceptable_tiers.0",)),
        ("    max_tokens: 256", "    max_tokens: 0", ("scenarios.0.max_tokens",)),
        ("    title: Simple question\n", "", ("scenarios.0.title: this key is missing",)),
        (
            "    from_vendor: true",
            "    headers: {x-who: né}",
            ("scenarios.0.headers.x-who: a header's value",),
        ),
        ("    from_vendor: true", "    client_key: né", ("scenarios.0.client_key: a header's value",)),
    ],
)
def test_what_is_wrong_in_a_suite_is_said_with_its_key(
    tmp_path: Path, old: str, new: str, said: tuple[str, ...]
) -> None:
    """Unknown names, missing files and wrong values name file, line and key, and the nearest right one."""
    message = broken(tmp_path, (old, new))
    assert "scenarios/core.yaml:" in message
    for part in said:
        assert part.replace("LINE", str(line_of(tmp_path, new))) in message
    assert "next:" in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    cache_differs: user\n", "", "this probe does not state in what it differs"),
        ('    answer: {text: "You have no unpaid invoice."}\n', "", "is given the same answer"),
        ("    cache_expect: must_hit", "    cache_differs: user", "is given the same answer"),
        ("    cache_expect: may_hit", "    cache_expect: may_hit\n    cache_differs: user", "remove it"),
    ],
)
def test_a_probe_of_a_cache_says_in_what_it_differs(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Without that, nobody could tell another question from another temperature."""
    assert said in broken(tmp_path, (old, new), suite="cache")


@pytest.mark.parametrize(
    ("word", "said"),
    [("airport", "is in the scenario itself"), ("penguin", "is in no other scenario of the sequence")],
)
def test_foreign_words_must_be_another_conversations(tmp_path: Path, word: str, said: str) -> None:
    """A word that the request itself holds would always be found, and one that nobody said never."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    path = tmp_path / "configs" / "scenarios" / "fidelity.yaml"
    text = path.read_text("utf-8").replace("foreign: [shellfish,", f"foreign: [{word},", 1)
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_suite(path)
    assert f"foreign.0: {word} {said}" in caught.value.message
    assert "next:" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  - answered", "  - facts_keptt", "checks.0"),
        ("    from_vendor: true", "    from_vendor: true\n    checks: [facts_keptt]", "scenarios.0.checks.0"),
    ],
)
def test_an_unknown_check_is_said_with_its_line(tmp_path: Path, old: str, new: str, key: str) -> None:
    """Those of a suite, and those of a scenario."""
    message = broken(tmp_path, (old, new))
    assert f"core.yaml:{line_of(tmp_path, 'facts_keptt')}: {key}: there is no check facts_keptt" in message
    assert "did you mean facts_kept?" in message


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-01-31", "JSON cannot hold this value (date)"),
        ("18446744073709551616", "this integer has more than 64 bits"),
        ("-9223372036854775809", "this integer has more than 64 bits"),
        (".nan", "this number is not finite"),
        ('"\\ud83d"', "this text holds half a character"),
        ("!!binary aGk=", "JSON cannot hold this value (bytes)"),
    ],
)
def test_what_json_cannot_hold_is_refused(tmp_path: Path, value: str, said: str) -> None:
    """Else the run would end at the first request or answer that holds it."""
    message = broken(
        tmp_path,
        ("    from_vendor: true", f"    from_vendor: true\n    params: {{metadata: {{a: {value}}}}}"),
        ("{file_path: README.md}", f"{{when: [1, {value}]}}"),
    )
    assert f"scenarios.0.params.metadata.a: {said}" in message
    assert f"scenarios.1.answer.tool_calls.0.input.when.1: {said}" in message


@pytest.mark.parametrize(
    "value", ["18446744073709551615", "-9223372036854775808", '"2026-01-31"', "1.5", "null"]
)
def test_what_json_can_hold_is_left_alone(tmp_path: Path, value: str) -> None:
    """The largest and the smallest integer are sent as they are."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    path = tmp_path / "configs" / "scenarios" / "core.yaml"
    text = path.read_text("utf-8").replace(
        "    from_vendor: true", f"    params: {{metadata: {{a: {value}}}}}", 1
    )
    path.write_text(text, "utf-8")
    sent = orjson.dumps(build_request(load_suite(path).scenarios[0], "m", "n"))
    assert f'"metadata":{{"a":{value}}}'.encode() in sent


def test_what_json_cannot_hold_is_said_beside_foreign_words_too(tmp_path: Path) -> None:
    """Looking for words must not end in an error of its own."""
    message = broken(tmp_path, ("{user_id: lab-client-90}", "{user_id: 2026-01-31}"), suite="fidelity")
    assert "params.metadata.user_id: JSON cannot hold this value (date)" in message


def test_all_that_is_wrong_in_a_suite_is_said_at_once(tmp_path: Path) -> None:
    """One reading names every mistake."""
    message = broken(
        tmp_path,
        ("from_vendor: true", "sed: true"),
        ("group: history", "group: histori"),
        ("fixtures/grep.json", "fixtures/grp.json"),
        ("max_tokens: 1024", "max_tokens: many"),
    )
    for part in ("scenarios.0.sed", "scenarios.3.group", "grp.json", "scenarios.10.max_tokens"):
        assert part in message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("package.json", "{broken", "not valid JSON"),
        ("package-facts.yaml", "- express\n", "package-facts.yaml:1"),
        ("package-facts.yaml", "- [express, 12]\n", "0.1"),
        ("package-facts.yaml", "- []\n", "facts.0.parts"),
        ("tools-14.yaml", "- Read\n", "tools-14.yaml:1"),
        ("grep.json", b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_broken_fixture_is_named(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    """The message names the fixture and the place that refers to it."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    target = tmp_path / "configs" / "fixtures" / name
    target.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        load_suite(tmp_path / "configs" / "scenarios" / "core.yaml")
    assert said in caught.value.message
    assert "core.yaml:" in caught.value.message


def test_a_tool_set_that_changed_is_read_again(tmp_path: Path) -> None:
    """Tool sets are read once for many scenarios, and never an old one for a new file."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    suite = tmp_path / "configs" / "scenarios" / "core.yaml"
    first = load_suite(suite).scenarios
    before = next(one for one in first if one.id == "T1").tools[0]["description"]
    toolset = tmp_path / "configs" / "fixtures" / "tools-14.yaml"
    text = toolset.read_text("utf-8")
    changed = text.replace(before, "Another description.", 1)
    assert changed != text
    toolset.write_text(changed, "utf-8")
    again = load_suite(suite).scenarios
    assert next(one for one in again if one.id == "T1").tools[0]["description"] == "Another description."
