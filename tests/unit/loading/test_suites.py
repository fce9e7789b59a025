"""What is wrong in a suite is said with file, line and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from lab.errors import ConfigError
from lab.loading.suites import load_suite
from lab.scenarios.request import build_request
from tests.paths import ROOT


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
        ("class: history", "class: histori", ("scenarios.3.class", "did you mean history")),
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
        "    from_vendor: true", f"    params: {{made_up: {{a: {value}}}}}", 1
    )
    path.write_text(text, "utf-8")
    sent = orjson.dumps(build_request(load_suite(path).scenarios[0], "m", "n"))
    assert f'"made_up":{{"a":{value}}}'.encode() in sent


def test_what_json_cannot_hold_is_said_beside_foreign_words_too(tmp_path: Path) -> None:
    """Looking for words must not end in an error of its own."""
    message = broken(tmp_path, ("{user_id: lab-client-90}", "{user_id: 2026-01-31}"), suite="fidelity")
    assert "params.metadata.user_id: JSON cannot hold this value (date)" in message


def test_all_that_is_wrong_in_a_suite_is_said_at_once(tmp_path: Path) -> None:
    """One reading names every mistake."""
    message = broken(
        tmp_path,
        ("from_vendor: true", "sed: true"),
        ("class: history", "class: histori"),
        ("fixtures/grep.json", "fixtures/grp.json"),
        ("max_tokens: 1024", "max_tokens: many"),
    )
    for part in ("scenarios.0.sed", "scenarios.3.class", "grp.json", "scenarios.10.max_tokens"):
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
