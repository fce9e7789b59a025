"""Scenarios whose whole body is written, and the fixtures that show what is sayable."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.config.scenarios import Scenario
from lab.errors import ConfigError
from lab.loading.own_prompts import load_folder, prompt_files
from lab.names import ClientWire
from lab.scenarios.request import client_wire, named_models, request_bytes, unsupported_on
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
        ({"a__yaml": "prompt: x\nraw: '{}'"}, ("a.yaml:2: raw: unknown key", "write body:")),
        (
            {"a__yaml": "prompt: x\nanswer: {txt: a}"},
            ("a.yaml:2: answer.txt: unknown key", "did you mean text?"),
        ),
        ({"a__yaml": "prompt: x\nanswer: {usage: {cached: 1}}"}, ("a.yaml:2: answer.usage.cached: unknown",)),
        ({"a__yaml": "prompt: x\nexpect: {credential: me}"}, ("a.yaml:2: expect.credential: ",)),
        ({"a__yaml": "body: {a: 1}\nmodel: m"}, ("a.yaml:2: model: is not in body:", "${model}")),
        ({"a__yaml": "body: {a: 1}\nmax_tokens: 5"}, ("a.yaml:2: max_tokens: is not in body:",)),
        ({"a__yaml": "body: {a: 1}\nstream: true"}, ("a.yaml:2: stream: is not in body:",)),
        ({"a__yaml": "body: '{\"stream\": true}'\nstream: false"}, ("a.yaml:2: stream: is not in body:",)),
        ({"a__yaml": "body: {a: 1}\nnonce: true"}, ("a.yaml:2: nonce: is not in body:",)),
        (
            {"a__yaml": "prompt: x\nparams: {model: m}"},
            ("params.model: is a key of", "model: beside"),
        ),
        ({"a__yaml": "prompt: x\nparams: {stream: true}"}, ("a.yaml:2: params.stream: is a key of",)),
        ({"a__yaml": "prompt: x\nparams: {tools: []}"}, ("a.yaml:2: params.tools: is a key of", "as body:")),
        ({"a__yaml": "prompt: x\nwire: 5"}, ("a.yaml:2: wire: there is no wire 5", "chat")),
        (
            {"a__yaml": "prompt: x\nwire: [chat, responses]"},
            ("wire: there is no wire", "--wire all"),
        ),
        ({"a__yaml": "prompt: x\nwire: Chat"}, ("there is no wire Chat", "did you mean chat?")),
        ({"a__yaml": "prompt: x\npath: http://x/v1"}, ("path: a path begins with /", "write it like /v1")),
        ({"a__yaml": "prompt: x\npath: '/v1#a'"}, ("path: a path begins with /",)),
        ({"a__yaml": "prompt: x\nquery: {beta: true}"}, ("a.yaml:2: query: ", "in quotes, as a text")),
        ({"a__yaml": "prompt: x\nheaders: {x-a: 7}"}, ("a.yaml:2: headers.x-a: ", "in quotes, as a text")),
        (
            {"a__yaml": "prompt: x\nheaders: {content-length: '5'}"},
            ("is said by the transfer",),
        ),
        ({"a__yaml": "prompt: x\nexpect: {headers: {retry after: null}}"}, ("a header's name has letters",)),
        ({"a__yaml": "prompt: x\nexpect: {headers: {a: 7}}"}, ("expect.headers.a: ", "in quotes, as a text")),
        ({"a__yaml": "prompt: x\nanswer: {text: a, choices: [b]}"}, ("answer.choices: nobody asks", "n: 2")),
        (
            {"a__yaml": "prompt: x\nanswer: {tool_calls: [{name: f, input: {}}]}"},
            ("f is not among", "tools:"),
        ),
        ({"a__yaml": "prompt: x\nchecks: answered"}, ("a.yaml:2: checks: ", "write a list, such as")),
        (
            {"a__yaml": "prompt: x\nparams: {a: " + "[" * 3000 + "]" * 3000 + "}"},
            ("nested too deeply",),
        ),
        (
            {"a__yaml": "messages: [{role: assistant, content: y}]\nperturbations: [z]\nwire: chat"},
            ("perturbations: there is no message of the user's",),
        ),
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


def test_a_conversation_of_the_systems_words_alone_is_one_on_openais_wires(tmp_path: Path) -> None:
    """They take it; the messages wire does not."""
    one = only(tmp_path, a__yaml="wire: chat\nmessages: [{role: developer, content: Say hi.}]")
    assert b"developer" in request_bytes(one, "m", "", "openai")


@pytest.mark.parametrize(
    ("path", "wire"),
    [("/v1/responses", "responses"), ("/v1/messages/count_tokens", "anthropic"), ("/x", None)],
)
def test_a_path_says_the_wire_unless_one_is_named(tmp_path: Path, path: str, wire: str | None) -> None:
    """Else a run on another wire would send what the path does not take."""
    assert only(tmp_path, a__yaml=f"prompt: x\npath: {path}").wire == wire
    assert only(tmp_path, a__yaml=f"prompt: x\npath: {path}\nwire: chat").wire == "openai"


def test_a_prompt_may_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    """As messages and answers may."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "long.txt").write_text("long", "utf-8")
    one = only(tmp_path, a__yaml="prompt: {fixture: data/long.txt}")
    assert one.messages == [{"role": "user", "content": "long"}]


@pytest.mark.parametrize("text", ["[" * 5000 + "1234567890123456789012" + "]" * 5000, "{", "[1", "\u0000"])
def test_a_written_body_may_be_any_text(tmp_path: Path, text: str) -> None:
    """Neither its depth nor its faults are the lab's to judge."""
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "b.txt").write_text(text, "utf-8")
    (tmp_path / "a.yaml").write_text("body_file: bodies/b.txt\nvalid: false\ninvalid_why: Odd.", "utf-8")
    suite = load_folder(ROOT, tmp_path)
    assert named_models([suite]) == ()
    assert request_bytes(suite.scenarios[0], "m", "", "anthropic") == text.encode()


def test_a_prompt_of_an_older_version_is_still_one(tmp_path: Path) -> None:
    """What it looks at was called its feature."""
    assert only(tmp_path, a__yaml="prompt: x\nfeature: stop\ngroup: g").looks_at == "stop"


def test_the_examples_of_contributing_are_scenarios(tmp_path: Path) -> None:
    """Whoever copies them has two that load."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    blocks = [one.partition("```")[0] for one in text.split("```yaml\n")[1:]]
    written = [one for one in blocks if one.startswith(("wire:", "prompt:"))]
    files = {f"example{n}__yaml": one for n, one in enumerate(written)}
    whole, said = load_folder(ROOT, folder(tmp_path, **files)).scenarios
    assert b"9223372036854775807" in request_bytes(whole, "m", "", "openai")
    assert said.answer is not None
    assert (said.answer.usage.cache_read, said.expect.credential) == (500, "client")
