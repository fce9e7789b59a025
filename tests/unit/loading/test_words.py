"""Words that users try for keys: each is answered with the key that says what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import ConfigError
from lab.loading.own_prompts import load_folder
from lab.loading.suites import load_suite
from lab.loading.words import hint
from tests.paths import ROOT

TRIED = [
    ("endpoint: /v1/messages/count_tokens", "endpoint", "write path: with where the request goes"),
    ("url: /v1/messages", "url", "write path: "),
    ("raw: '{}'", "raw", "write body: with the whole request"),
    ("request: {a: 1}", "request", "write body: "),
    ("json: {a: 1}", "json", "write body: "),
    ("input: [x]", "input", "write the whole request as body:"),
    ("temperature: 0.5", "temperature", "put it into params:"),
    ("tool_choice: {type: auto}", "tool_choice", "put it into params:"),
    ("logprobs: true", "logprobs", "put it into params:"),
    ("n: 2", "n", "put it into params:"),
    ("thinking: {type: adaptive}", "thinking", "put it into params:"),
    ("reasoning_effort: low", "reasoning_effort", "put it into params:"),
    ("response: {text: x}", "response", "write answer: "),
    ("status: 429", "status", "write expect: "),
    ("api_key: sk-1", "api_key", "write client_key: "),
    ("text: hi", "text", "write prompt: "),
    ("method: GET", "method", "every request is a POST"),
    ("wires: [chat]", "wires", "--wire all"),
    ("answer: {text: x, finish_reason: length}", "answer.finish_reason", "write stop_reason: "),
    ("answer: {text: x, reasoning: hm}", "answer.reasoning", "write thinking: "),
    ("answer: {text: x, n: 2}", "answer.n", "write choices: "),
    ("answer: {text: x, logprobs: true}", "answer.logprobs", "they come if params: asks for them"),
    ("answer: {body: {a: 1}}", "answer.body", "write bodies: "),
    ("answer: {text: x, usage: {input_tokens: 3}}", "answer.usage.input_tokens", "the meter counts these"),
    ("expect: {header: {a: b}}", "expect.header", "did you mean headers?"),
    ("expect: {stop_reason: x}", "expect.stop_reason", "judged by checks:"),
]


@pytest.mark.parametrize(("line", "key", "step"), TRIED)
def test_a_word_of_the_users_own_leads_to_the_key_that_says_it(
    tmp_path: Path, line: str, key: str, step: str
) -> None:
    """File, line and key, and what to write in its place."""
    (tmp_path / "a.yaml").write_text(f"prompt: hi\n{line}\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_folder(ROOT, tmp_path)
    assert f"a.yaml:2: {key}: unknown key" in caught.value.message
    assert step in caught.value.next_step


def test_a_call_whose_input_is_given_as_a_text_is_told_how(tmp_path: Path) -> None:
    """OpenAI's wires call it arguments."""
    text = "prompt: hi\ntools: [{name: f, input_schema: {type: object}}]\n"
    text += "answer: {tool_calls: [{name: f, arguments: x}]}"
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="write input: with keys and values"):
        load_folder(ROOT, tmp_path)


def test_a_suite_is_told_the_same(tmp_path: Path) -> None:
    """A scenario of a suite has the same keys."""
    (tmp_path / "scenarios").mkdir()
    path = tmp_path / "scenarios" / "s.yaml"
    text = "suite: s\ntitle: S\nanswer: {text: x}\nclasses: {c: C}\nscenarios:\n"
    one = "  - {id: A, title: A, looks_at: a, class: c, messages: [{role: user, content: hi}], raw: x}\n"
    path.write_text(text + one, "utf-8")
    with pytest.raises(ConfigError, match=r"scenarios\.0\.raw: unknown key[\s\S]*write body:"):
        load_suite(path)


def test_a_word_that_nobody_tries_has_no_hint() -> None:
    """Then the nearest key is named, and all that there are."""
    assert hint(("wombat",)) == ""
    assert hint(()) == ""
