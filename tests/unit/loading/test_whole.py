"""Scenarios whose whole body is written, and the fixtures that show what is sayable."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.config.scenarios import Scenario
from lab.errors import ConfigError
from lab.loading.own_prompts import load_folder, prompt_files
from lab.names import ClientWire
from lab.scenarios.request import client_wire, request_bytes, unsupported_on
from tests.paths import ROOT

SAYABLE = ROOT / "tests" / "fixtures" / "sayable"
SUITE = load_folder(ROOT, SAYABLE)
BY_ID = {one.id: one for one in SUITE.scenarios}


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder of these files; `__` in a name stands for its dot."""
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text, "utf-8")
    return tmp_path


def only(tmp_path: Path, **files: str) -> Scenario:
    """The one scenario of such a folder."""
    (one,) = load_folder(ROOT, folder(tmp_path, **files)).scenarios
    return one


@pytest.mark.parametrize("name", BY_ID)
def test_everything_in_the_fixtures_can_be_sent_on_some_wire(name: str) -> None:
    """What could not be said before; the errors of load time are none any more."""
    scenario = BY_ID[name]
    wires: tuple[ClientWire, ...] = ("anthropic", "openai", "responses")
    asked = [wire for wire in wires if not unsupported_on(scenario, client_wire(scenario, wire))]
    assert asked
    for wire in asked:
        assert request_bytes(scenario, "m", "", client_wire(scenario, wire))


def test_a_body_file_is_sent_word_for_word_and_decides_what_the_run_asks() -> None:
    """Keys that are given twice stay twice; a resumed run notices another file."""
    sent = request_bytes(BY_ID["j-body-file"], "m", "", "anthropic")
    text = (SAYABLE / "bodies" / "twice.json").read_text("utf-8")
    assert sent.decode() == text.replace("${model}", "m")
    assert sent.count(b"max_tokens") == 2
    assert "bodies/twice.json" in prompt_files(SAYABLE)


@pytest.mark.parametrize(
    ("body", "streams"),
    [
        ("body: {stream: true, messages: []}", True),
        ("body: {messages: []}", False),
        ("body: '{\"stream\": true}'", True),
        ("body: no JSON", False),
    ],
)
def test_a_written_body_says_itself_whether_it_streams(tmp_path: Path, body: str, streams: bool) -> None:
    """What comes back is judged by it."""
    assert only(tmp_path, a__yaml=body).stream is streams


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a__yaml": "prompt: x\nbody: {a: 1}"}, ("a.yaml:2: body: there is a prompt too", "into params:")),
        (
            {"a__yaml": "body: {a: 1}\nsystem: s"},
            ("a.yaml:2: system: body: is the whole request", "into the"),
        ),
        ({"a__yaml": "body: {a: 1}\nparams: {b: 1}"}, ("a.yaml:2: params: body: is the whole request",)),
        ({"a__yaml": 'body: ""'}, ("a.yaml:1: body: it is empty",)),
        ({"a__yaml": "body_file: gone.json"}, ("a.yaml:1: body_file: there is no file", "gone.json")),
        ({"a__yaml": "body: {}\nbody_file: b.json"}, ("a.yaml:2: body_file: there is a body too",)),
        ({"a__yaml": "prompt: x\nwire: chta"}, ("a.yaml:2: wire: ", "did you mean chat?")),
        ({"a__yaml": "prompt: x\nquery: '?a=b'"}, ("a.yaml:2: query: a query is what follows",)),
        ({"a__yaml": "prompt: x\nquery: a b"}, ("a.yaml:2: query: a query is what follows",)),
        ({"a__yaml": "prompt: x\npath: v1/messages"}, ("a.yaml:2: path: ",)),
        ({"a__yaml": "prompt: x\nraw: '{}'"}, ("a.yaml:2: raw: unknown key",)),
        (
            {"a__yaml": "prompt: x\nanswer: {txt: a}"},
            ("a.yaml:2: answer.txt: unknown key", "did you mean text?"),
        ),
        ({"a__yaml": "prompt: x\nanswer: {usage: {cached: 1}}"}, ("a.yaml:2: answer.usage.cached: unknown",)),
        ({"a__yaml": "prompt: x\nexpect: {credential: me}"}, ("a.yaml:2: expect.credential: ",)),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_next_step(
    tmp_path: Path, files: dict[str, str], said: tuple[str, ...]
) -> None:
    """Before anything starts."""
    with pytest.raises(ConfigError) as caught:
        load_folder(ROOT, folder(tmp_path, **files))
    for part in said:
        assert part in str(caught.value)


def test_a_wire_has_its_old_name_and_its_new_one(tmp_path: Path) -> None:
    """Both are the same wire."""
    assert only(tmp_path, a__yaml="prompt: x\nwire: chat").wire == "openai"
    assert only(tmp_path, a__yaml="prompt: x\nwire: openai").wire == "openai"
    assert only(tmp_path, a__yaml="prompt: x\nwire: messages").wire == "anthropic"


def test_a_prompt_of_an_older_version_is_still_one(tmp_path: Path) -> None:
    """What it looks at was called its feature."""
    assert only(tmp_path, a__yaml="prompt: x\nfeature: stop\ngroup: g").looks_at == "stop"
